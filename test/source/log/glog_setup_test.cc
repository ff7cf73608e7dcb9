#include "source/log/glog_setup.h"

#include <glog/logging.h>
#include <gmock/gmock.h>

#include "source/log/log_writer.h"
#include "source/stats/registry.h"
#include "test/source/log/support.h"

namespace headgate::log {
namespace {

class GlogSetupTest : public testing::Test {
 protected:
  ~GlogSetupTest() override { (void)setUpGlog(Severity::Info, ""); }

  TempDirectory directory_;
  const std::string path_ = directory_.file("events.log");
};

TEST_F(GlogSetupTest, WritesLinesWithATimeAndASeverityToTheFile) {
  ASSERT_TRUE(setUpGlog(Severity::Info, path_));
  LOG(INFO) << "listening";
  LOG(WARNING) << "careful";
  LOG(ERROR) << "bad";
  const std::vector<std::string> lines = linesOf(path_);
  ASSERT_EQ(lines.size(), 3U) << "each once";
  const std::string time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z ";
  EXPECT_THAT(lines[0], testing::MatchesRegex(time + "info listening"));
  EXPECT_THAT(lines[1], testing::MatchesRegex(time + "warning careful"));
  EXPECT_THAT(lines[2], testing::MatchesRegex(time + "error bad"));
}

TEST_F(GlogSetupTest, LeavesOutWhatIsBelowTheLevel) {
  ASSERT_TRUE(setUpGlog(Severity::Warning, path_));
  LOG(INFO) << "no";
  VLOG(1) << "no";
  LOG(WARNING) << "yes";
  EXPECT_EQ(linesOf(path_).size(), 1U);
}

TEST_F(GlogSetupTest, TurnsVlogOnAtDebug) {
  ASSERT_TRUE(setUpGlog(Severity::Debug, path_));
  LogWriter::logToGlog(Severity::Debug, "detail");
  EXPECT_EQ(linesOf(path_).size(), 1U);
  ASSERT_TRUE(setUpGlog(Severity::Info, path_));
  LogWriter::logToGlog(Severity::Debug, "detail");
  EXPECT_EQ(linesOf(path_).size(), 1U);
}

TEST_F(GlogSetupTest, NamesThePathThatCannotBeOpened) {
  const base::Status status = setUpGlog(Severity::Info, directory_.file("no/events.log"));
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("no/events.log"), std::string::npos);
}

TEST_F(GlogSetupTest, ReopensTheFileTogetherWithTheAccessLogs) {
  stats::Registry registry;
  LogWriter writer(registry.addShard());
  writer.start();
  ASSERT_TRUE(setUpGlog(Severity::Info, path_));
  writer.postEvent(Severity::Info, "before");
  ASSERT_TRUE(writer.flush(kPatience));
  std::filesystem::rename(path_, path_ + ".1");
  writer.reopen();
  ASSERT_TRUE(writer.flush(kPatience));
  writer.postEvent(Severity::Info, "after");
  writer.stop();
  EXPECT_EQ(linesOf(path_ + ".1").size(), 1U);
  EXPECT_EQ(linesOf(path_).size(), 1U);
}

}  // namespace
}  // namespace headgate::log
