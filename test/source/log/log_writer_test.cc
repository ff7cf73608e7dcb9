#include "source/log/log_writer.h"

#include <csignal>
#include <cstring>
#include <thread>

#include "source/event/loop.h"
#include "source/log/file_log.h"
#include "source/stats/registry.h"
#include "test/source/log/support.h"

namespace headgate::log {
namespace {

using namespace std::chrono_literals;
using testing::Test;

class LogWriterTest : public Test {
 protected:
  LogWriter& writer(LogWriter::Options options = {}) {
    options.sink = caught_.sink();
    options.clock = &clock_;
    writer_ = std::make_unique<LogWriter>(std::move(options), registry_.addShard());
    return *writer_;
  }
  std::shared_ptr<FileLog> open(const std::string& path) {
    base::Result<std::shared_ptr<FileLog>> file = writer_->open(path);
    EXPECT_TRUE(file);
    return *file;
  }
  std::unique_ptr<FileLog::Appender> appender(std::shared_ptr<FileLog> file) {
    return std::make_unique<FileLog::Appender>(std::move(file), loop_, registry_.addShard());
  }

  TempDirectory directory_;
  FakeClock clock_;
  Caught caught_;
  event::Loop loop_{clock_};
  stats::Registry registry_;
  std::unique_ptr<LogWriter> writer_;
};

TEST_F(LogWriterTest, GivesTheSameLogForTheSamePath) {
  writer();
  const auto one = open(directory_.file("a.log"));
  EXPECT_EQ(open(directory_.file("a.log")), one);
  EXPECT_NE(open(directory_.file("b.log")), one);
}

TEST_F(LogWriterTest, RefusesAPathThatCannotBeOpened) {
  const auto file = writer().open(directory_.file("no/such/a.log"));
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().message.find("no/such/a.log"), std::string::npos);
}

TEST_F(LogWriterTest, WritesWhatWasHandedOverBeforeItStops) {
  writer().start();
  auto log = appender(open(directory_.file("a.log")));
  for (int i = 0; i < 10'000; ++i) log->append("line " + std::to_string(i));
  log->flush();
  writer_->stop();
  const std::vector<std::string> lines = linesOf(directory_.file("a.log"));
  ASSERT_EQ(lines.size(), 10'000U);
  EXPECT_EQ(lines.front(), "line 0");
  EXPECT_EQ(lines.back(), "line 9999");
}

TEST_F(LogWriterTest, DrainsEvenIfItWasNeverStarted) {
  writer();
  auto log = appender(open(directory_.file("a.log")));
  log->append("line");
  log->flush();
  writer_->postEvent(Severity::Info, "event");
  writer_->stop();
  EXPECT_EQ(contentsOf(directory_.file("a.log")), "line\n");
  EXPECT_EQ(caught_.lines(), std::vector<std::string>{"event"});
}

TEST_F(LogWriterTest, DropsAndCountsWhatComesAfterItStopped) {
  writer().start();
  const auto file = open(directory_.file("a.log"));
  auto log = appender(file);
  writer_->stop();
  writer_->stop();
  log->append("late");
  log->flush();
  EXPECT_EQ(file->droppedLines(), 1U);
  EXPECT_EQ(registry_.counter("log.lines_dropped"), 1U);
  EXPECT_EQ(contentsOf(directory_.file("a.log")), "");
}

TEST_F(LogWriterTest, KeepsTheOrderOfEachOfManyWorkers) {
  writer().start();
  constexpr int kWorkers = 4;
  constexpr int kLines = 5'000;
  const auto file = open(directory_.file("a.log"));
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      event::Loop loop;
      FileLog::Appender log(file, loop, registry_.addShard());
      for (int i = 0; i < kLines; ++i) {
        log.append(std::to_string(worker) + " " + std::to_string(i));
        if (i % 37 == worker) log.flush();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  writer_->stop();
  std::vector<int> next(kWorkers, 0);
  const std::vector<std::string> lines = linesOf(directory_.file("a.log"));
  ASSERT_EQ(lines.size(), static_cast<size_t>(kWorkers * kLines));
  for (const std::string& line : lines) {
    const int worker = line[0] - '0';
    ASSERT_EQ(std::stoi(line.substr(2)), next[static_cast<size_t>(worker)]++) << line;
  }
  EXPECT_EQ(registry_.counter("log.lines"), static_cast<uint64_t>(kWorkers * kLines));
}

TEST_F(LogWriterTest, ReopensItsFilesByPath) {
  writer().start();
  const std::string path = directory_.file("a.log");
  auto log = appender(open(path));
  log->append("before");
  log->flush();
  std::filesystem::rename(path, path + ".1");
  writer_->reopen();
  ASSERT_TRUE(writer_->flush(kPatience));
  log->append("after");
  log->flush();
  writer_->stop();
  EXPECT_EQ(contentsOf(path + ".1"), "before\n") << "what was handed over before belongs to the old file";
  EXPECT_EQ(contentsOf(path), "after\n");
}

TEST_F(LogWriterTest, GoesOnWithTheOldFileIfItCannotReopen) {
  writer().start();
  std::filesystem::create_directory(directory_.file("sub"));
  auto log = appender(open(directory_.file("sub/a.log")));
  std::filesystem::rename(directory_.file("sub"), directory_.file("moved"));
  writer_->reopen();
  ASSERT_TRUE(writer_->flush(kPatience));
  log->append("still");
  log->flush();
  writer_->stop();
  EXPECT_EQ(contentsOf(directory_.file("moved/a.log")), "still\n");
  ASSERT_EQ(caught_.lines().size(), 1U);
  EXPECT_NE(caught_.lines()[0].find("sub/a.log\": No such file or directory; going on with the old one"),
            std::string::npos);
}

TEST_F(LogWriterTest, DropsWholeBuffersBeyondItsBound) {
  LogWriter::Options options;
  options.maxQueuedBytes = 4 * sizeof(LogBuffer);
  writer(options);  // not started: nothing leaves the queue
  const auto file = open(directory_.file("a.log"));
  auto log = appender(file);
  const std::string line(1023, 'x');
  for (int i = 0; i < 10 * 64; ++i) log->append(line);
  EXPECT_EQ(file->droppedLines(), 6U * 64);
  EXPECT_EQ(registry_.counter("log.lines_dropped"), 6U * 64);
  writer_->stop();
  EXPECT_EQ(linesOf(directory_.file("a.log")).size(), 4U * 64);
  ASSERT_EQ(caught_.lines().size(), 1U);
  EXPECT_NE(caught_.lines()[0].find("384 lines were lost: it takes lines more slowly than they come"),
            std::string::npos);
}

TEST_F(LogWriterTest, GathersSmallBuffersSoThatTheyDoNotFillTheQueue) {
  LogWriter::Options options;
  options.maxQueuedBytes = 2 * sizeof(LogBuffer);
  writer(options);
  const auto file = open(directory_.file("a.log"));
  auto one = appender(file);
  auto two = appender(file);
  for (int i = 0; i < 500; ++i) {
    one->append("one");
    one->flush();
    two->append("two");
    two->flush();
  }
  EXPECT_EQ(file->droppedLines(), 0U);
  writer_->stop();
  EXPECT_EQ(linesOf(directory_.file("a.log")).size(), 1000U);
}

TEST_F(LogWriterTest, IsNotHeldUpByAPipeThatNobodyReads) {
  writer().start();
  Pipe pipe(directory_.file("fifo"));
  auto slow = appender(open(pipe.path()));
  auto quick = appender(open(directory_.file("quick.log")));
  const std::string line(1000, 'x');
  for (int i = 0; i < 500; ++i) slow->append(line);
  slow->flush();
  quick->append("quick");
  quick->flush();
  writer_->postEvent(Severity::Info, "event");
  ASSERT_TRUE(eventually([&] { return contentsOf(directory_.file("quick.log")) == "quick\n"; }));
  ASSERT_TRUE(eventually([&] { return !caught_.lines().empty(); }));
  EXPECT_FALSE(writer_->flush(0ms)) << "the pipe is still full";

  std::string all;
  ASSERT_TRUE(eventually([&] {
    all += pipe.read();
    return writer_->flush(1ms);
  }));
  all += pipe.read();
  EXPECT_EQ(all.size(), 500U * 1001);
}

TEST_F(LogWriterTest, StopsInTimeAndCountsWhatAStalledPipeDidNotTake) {
  LogWriter::Options options;
  options.drainTime = 10ms;
  writer(options).start();
  Pipe pipe(directory_.file("fifo"));
  const auto file = open(pipe.path());
  auto log = appender(file);
  const std::string line(1000, 'x');
  for (int i = 0; i < 500; ++i) log->append(line);
  log->flush();
  writer_->stop();
  const std::string taken = pipe.read();
  const auto whole = static_cast<uint64_t>(std::count(taken.begin(), taken.end(), '\n'));
  EXPECT_EQ(whole + file->droppedLines(), 500U);
  EXPECT_GT(file->droppedLines(), 0U);
  EXPECT_EQ(caught_.lines().size(), 1U);
}

TEST_F(LogWriterTest, SurvivesAReaderThatGoesAway) {
  writer().start();
  Pipe pipe(directory_.file("fifo"));
  const auto file = open(pipe.path());
  auto log = appender(file);
  pipe.closeReader();
  log->append("lost");
  log->flush();
  ASSERT_TRUE(writer_->flush(kPatience));
  EXPECT_EQ(file->droppedLines(), 1U);
  EXPECT_EQ(registry_.counter("log.write_errors"), 1U);
  EXPECT_EQ(caught_.lines(),
            std::vector<std::string>{"log file \"" + pipe.path() + "\": 1 lines were lost: Broken pipe"});
}

TEST_F(LogWriterTest, ReportsLossesOfAFileOnceASecondAtMost) {
  if (access("/dev/full", W_OK) != 0) GTEST_SKIP() << "no /dev/full here";
  writer().start();
  auto log = appender(open("/dev/full"));
  for (int i = 0; i < 5; ++i) {
    log->append("lost");
    log->flush();
    ASSERT_TRUE(writer_->flush(kPatience));
  }
  EXPECT_EQ(caught_.lines().size(), 1U);
  clock_.advance(1s);
  ASSERT_TRUE(eventually([&] { return caught_.lines().size() >= 2; }));
  EXPECT_EQ(caught_.lines()[0], "log file \"/dev/full\": 1 lines were lost: No space left on device");
  EXPECT_EQ(caught_.lines()[1], "log file \"/dev/full\": 4 lines were lost: No space left on device");
  EXPECT_EQ(caught_.severities()[1], Severity::Error);
}

TEST_F(LogWriterTest, BoundsTheEventsThatWait) {
  writer();
  for (size_t i = 0; i < LogWriter::kMaxQueuedEvents + 7; ++i) writer_->postEvent(Severity::Warning, "event");
  writer_->stop();
  ASSERT_EQ(caught_.lines().size(), LogWriter::kMaxQueuedEvents + 1);
  EXPECT_EQ(caught_.lines().back(), "7 events were lost: more came than the log takes");
}

TEST_F(LogWriterTest, LeavesSignalsToTheOtherThreads) {
  // Of the writer's thread alone: the mask of the one that starts it is what it was.
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  LogWriter::Options options;
  sigset_t writers;
  sigemptyset(&writers);
  options.sink = [&](Severity, std::string_view) { pthread_sigmask(SIG_SETMASK, nullptr, &writers); };
  LogWriter own(options, registry_.addShard());
  own.start();
  own.postEvent(Severity::Info, "look");
  ASSERT_TRUE(own.flush(kPatience));
  own.stop();
  EXPECT_EQ(sigismember(&writers, SIGTERM), 1);
  EXPECT_EQ(sigismember(&writers, SIGPIPE), 1);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

TEST_F(LogWriterTest, ClosesAFileWithItsLastUser) {
  writer().start();
  const std::string path = directory_.file("a.log");
  {
    auto log = appender(open(path));
    log->append("kept");
  }
  ASSERT_TRUE(writer_->flush(kPatience));
  EXPECT_EQ(contentsOf(path), "kept\n");
  EXPECT_TRUE(open(path)) << "opened anew";
}

}  // namespace
}  // namespace headgate::log
