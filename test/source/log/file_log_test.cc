#include "source/log/file_log.h"

#include <cstring>

#include "source/event/loop.h"
#include "source/log/log_writer.h"
#include "source/stats/registry.h"
#include "test/source/log/allocations.h"
#include "test/source/log/support.h"

namespace headgate::log {
namespace {

using namespace std::chrono_literals;

class FileLogTest : public testing::Test {
 protected:
  FileLogTest() {
    LogWriter::Options options;
    options.sink = caught_.sink();
    writer_ = std::make_unique<LogWriter>(std::move(options), registry_.addShard());
    file_ = writer_->open(path_).value();
    appender_ = std::make_unique<FileLog::Appender>(file_, loop_, registry_.addShard());
    writer_->start();
  }
  std::vector<std::string> written() {
    EXPECT_TRUE(writer_->flush(kPatience));
    return linesOf(path_);
  }

  TempDirectory directory_;
  const std::string path_ = directory_.file("a.log");
  FakeClock clock_;
  Caught caught_;
  event::Loop loop_{clock_};
  stats::Registry registry_;
  std::unique_ptr<LogWriter> writer_;
  std::shared_ptr<FileLog> file_;
  std::unique_ptr<FileLog::Appender> appender_;
};

TEST_F(FileLogTest, KeepsLinesInItsBufferUntilTheDelayIsOver) {
  loop_.runOnce(false);
  appender_->append("one");
  clock_.advance(50ms);
  loop_.runOnce(false);
  appender_->append("two");
  EXPECT_TRUE(written().empty());
  clock_.advance(58ms);  // the delay counts from the first line, and a tick of the timers is 8 ms
  loop_.runOnce(false);
  EXPECT_EQ(written(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(FileLogTest, ArmsItsTimerOnlyWhileThereIsSomethingToHandOver) {
  EXPECT_EQ(loop_.timers().nextWake(), 0);
  appender_->append("line");
  EXPECT_NE(loop_.timers().nextWake(), 0);
  clock_.advance(200ms);
  loop_.runOnce(false);
  EXPECT_EQ(loop_.timers().nextWake(), 0);
}

TEST_F(FileLogTest, HandsOverAtOnceWhenTheBufferIsFull) {
  const std::string line(1023, 'x');
  for (size_t i = 0; i < kHandOverBytes / 1024; ++i) appender_->append(line);
  EXPECT_EQ(written().size(), kHandOverBytes / 1024);
}

TEST_F(FileLogTest, HasRoomForTheLongestLineBehindAnyOther) {
  const std::string filler(1000, 'f');
  while (true) {
    appender_->append(filler);
    char* room = appender_->reserve();
    std::memset(room, 'm', kMaxLineBytes - 1);
    room[kMaxLineBytes - 1] = '\n';
    appender_->commit(kMaxLineBytes);
    if (registry_.counter("log.lines") >= 20) break;
  }
  appender_->flush();
  for (const std::string& line : written()) {
    ASSERT_EQ(line.find_first_not_of(line[0]), std::string::npos) << "lines are whole";
    ASSERT_EQ(line.size(), line[0] == 'm' ? kMaxLineBytes - 1 : filler.size());
  }
}

TEST_F(FileLogTest, CutsAnAppendedLineThatIsTooLong) {
  appender_->append(std::string(kMaxLineBytes + 100, 'x'));
  appender_->append("next");
  appender_->flush();
  const std::vector<std::string> lines = written();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].size(), kMaxLineBytes - 1);
  EXPECT_EQ(lines[1], "next");
}

TEST_F(FileLogTest, HandsOverWhatIsLeftWhenTheAppenderEnds) {
  appender_->append("last");
  appender_.reset();
  EXPECT_EQ(written(), std::vector<std::string>{"last"});
  EXPECT_EQ(registry_.counter("log.lines"), 1U);
}

TEST_F(FileLogTest, AllocatesNothingOnceItIsWarm) {
  const std::string line(1023, 'x');
  const auto fill = [&] {
    for (size_t i = 0; i < kHandOverBytes / 1024; ++i) appender_->append(line);
    ASSERT_TRUE(writer_->flush(kPatience));
  };
  for (int i = 0; i < 4; ++i) fill();
  const size_t before = allocationsOfThisThread();
  for (int i = 0; i < 50; ++i) fill();
  EXPECT_EQ(allocationsOfThisThread(), before);
}

}  // namespace
}  // namespace headgate::log
