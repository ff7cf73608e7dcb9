#include "source/log/event_log.h"

#include "source/event/loop.h"
#include "source/stats/registry.h"
#include "test/source/log/support.h"

namespace headgate::log {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

class EventLogTest : public testing::Test {
 protected:
  EventLogTest() {
    LogWriter::Options options;
    options.sink = caught_.sink();
    writer_ = std::make_unique<LogWriter>(std::move(options), registry_.addShard());
    writer_->start();
    loop_.runOnce(false);
    events_ = std::make_unique<EventLog>(loop_, *writer_);
  }
  void pass(base::Duration time) {
    clock_.advance(time);
    loop_.runOnce(false);
  }
  Lines logged() {
    EXPECT_TRUE(writer_->flush(kPatience));
    return caught_.lines();
  }
  void refused(std::string_view message = "Connection refused") {
    events_->report(Severity::Warning, "upstream_connect_failed", "10.0.0.1:80", message);
  }

  FakeClock clock_;
  Caught caught_;
  event::Loop loop_{clock_};
  stats::Registry registry_;
  std::unique_ptr<LogWriter> writer_;
  std::unique_ptr<EventLog> events_;
};

TEST_F(EventLogTest, LogsTheFirstOfEachCauseAndSubjectAtOnce) {
  refused();
  events_->report(Severity::Error, "upstream_connect_failed", "10.0.0.2:80", "Connection refused");
  events_->report(Severity::Info, "upstream_timeout", "10.0.0.1:80", "no answer in 15s");
  EXPECT_EQ(logged(), (Lines{"upstream_connect_failed 10.0.0.1:80: Connection refused",
                             "upstream_connect_failed 10.0.0.2:80: Connection refused",
                             "upstream_timeout 10.0.0.1:80: no answer in 15s"}));
  EXPECT_EQ(caught_.severities(), (std::vector{Severity::Warning, Severity::Error, Severity::Info}));
}

TEST_F(EventLogTest, CountsRepeatsAndLogsThemOnceASecond) {
  refused();
  for (int i = 0; i < 123; ++i) refused("Connection refused " + std::to_string(i));
  EXPECT_EQ(logged().size(), 1U);
  pass(1010ms);
  EXPECT_EQ(logged().back(),
            "upstream_connect_failed 10.0.0.1:80: 123 more in the last second, last: Connection refused 122");
  pass(10s);
  EXPECT_EQ(logged().size(), 2U) << "nothing more, nothing said";
  refused();
  pass(1010ms);
  EXPECT_EQ(logged().back(),
            "upstream_connect_failed 10.0.0.1:80: 1 more in the last second, last: Connection refused");
}

TEST_F(EventLogTest, ForgetsAfterAMinuteOfSilence) {
  refused();
  pass(59s);
  refused();
  pass(1010ms);
  EXPECT_EQ(logged().size(), 2U) << "the second was a repeat, which begins the minute anew";
  pass(61s);
  refused();
  EXPECT_EQ(logged().back(), "upstream_connect_failed 10.0.0.1:80: Connection refused") << "the first again";
}

TEST_F(EventLogTest, SleepsWhenThereIsNothingToRemember) {
  EXPECT_EQ(loop_.timers().nextWake(), 0);
  refused();
  EXPECT_NE(loop_.timers().nextWake(), 0);
  for (int i = 0; i < 20; ++i) pass(5s);  // a timer this far away is looked at once a turn of the wheel
  EXPECT_EQ(loop_.timers().nextWake(), 0);
}

TEST_F(EventLogTest, BoundsWhatItTellsApart) {
  for (size_t i = 0; i < EventLog::kMaxRows + 1000; ++i) {
    events_->report(Severity::Warning, "cause", "subject " + std::to_string(i), "message");
  }
  EXPECT_EQ(logged().size(), EventLog::kMaxRows);
  pass(1010ms);
  EXPECT_EQ(logged().size(), EventLog::kMaxRows + 1);
  EXPECT_EQ(logged().back(), "other events: 1000 in the last second, last: cause subject 1063: message");
}

TEST_F(EventLogTest, MakesRoomWhenRowsAreForgotten) {
  for (size_t i = 0; i < EventLog::kMaxRows; ++i) events_->report(Severity::Info, "cause", std::to_string(i), "m");
  for (int i = 0; i < 20; ++i) pass(5s);
  events_->report(Severity::Info, "new", "one", "m");
  EXPECT_EQ(logged().back(), "new one: m");
}

TEST_F(EventLogTest, CannotBeMadeToForgeALine) {
  events_->report(Severity::Warning, "bad_request", "listener http", "odd header \"x\n2026 error all is lost\"");
  EXPECT_EQ(logged(), Lines{"bad_request listener http: odd header \"x\\x0A2026 error all is lost\""});
}

TEST_F(EventLogTest, CutsLongTexts) {
  events_->report(Severity::Warning, "cause", "subject", std::string(100'000, 'x'));
  events_->report(Severity::Warning, "cause", "subject", std::string(100'000, 'y'));
  pass(1010ms);
  for (const std::string& line : logged()) EXPECT_LT(line.size(), 1200U);
}

TEST_F(EventLogTest, NeedsNoSubject) {
  events_->report(Severity::Info, "drain", "", "begun");
  EXPECT_EQ(logged(), Lines{"drain: begun"});
}

TEST_F(EventLogTest, LogsWhatIsCountedWhenItEnds) {
  refused();
  refused();
  events_.reset();
  EXPECT_EQ(logged().size(), 2U);
}

TEST_F(EventLogTest, GivesACountTheWorstSeverityOfItsReports) {
  refused();
  events_->report(Severity::Error, "upstream_connect_failed", "10.0.0.1:80", "worse");
  refused();
  pass(1010ms);
  EXPECT_EQ(logged().size(), 2U);
  EXPECT_EQ(caught_.severities().back(), Severity::Error);
}

}  // namespace
}  // namespace headgate::log
