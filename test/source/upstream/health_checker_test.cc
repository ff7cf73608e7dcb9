#include "source/upstream/health_checker.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include "source/stats/registry.h"
#include "source/upstream/cluster_manager.h"
#include "test/support/fake_clock.h"
#include "test/support/hosts.h"

namespace headgate::upstream {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A host whose checks the test answers, over real sockets and with time that the test moves.
class HealthCheckerTest : public testing::Test {
 protected:
  HealthCheckerTest() : listener_(std::move(*net::listenOn(test::addressOf(0), false))) {
    address_ = net::boundAddress(listener_, test::addressOf(0));
    check_.unhealthyThreshold = 2;
    check_.healthyThreshold = 2;
    check_.jitterPercent = 0;
  }

  void start() {
    ClusterConfig config;
    config.name = "app";
    config.endpoints.push_back({address_, 1});
    config.healthCheck = check_;
    manager_.emplace(loop_, registry_.addShard(),
                     [this](log::Severity, std::string line) { lines_.push_back(std::move(line)); });
    manager_->onWarm([this] { ++warmed_; });
    (void)manager_->keepOrAdd(config);
  }
  Host& host() { return *manager_->find("app")->membership().members().front(); }

  /// Lets `time` pass in steps that no timer misses.
  void pass(base::Duration time) {
    for (base::Duration step = std::chrono::milliseconds(8); time.count() > 0; time -= step) {
      clock_.advance(step);
      loop_.runOnce(false);
    }
  }
  /// Answers the next check, which must come within an interval.
  void answer(std::string_view response) {
    for (int i = 0; i < 1000; ++i) {
      if (peer_.fd() < 0) peer_ = net::Socket(::accept(listener_.fd(), nullptr, nullptr));
      char request[4096];
      const ssize_t got = peer_.fd() < 0 ? -1 : ::recv(peer_.fd(), request, sizeof(request), MSG_DONTWAIT);
      if (got == 0) peer_.close();
      if (got > 0) {
        ++asked_;
        ::send(peer_.fd(), response.data(), response.size(), MSG_NOSIGNAL);
        const uint64_t before = done();
        for (int turn = 0; turn < 1000 && done() == before; ++turn) loop_.runOnce(false);
        return;
      }
      pass(std::chrono::milliseconds(8));
    }
    FAIL() << "no check came";
  }
  uint64_t done() {
    return registry_.counter("cluster.app.health_check.success") +
           registry_.counter("cluster.app.health_check.failure");
  }
  void well() { answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); }
  void sick() { answer("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n"); }
  std::vector<std::string_view> transitions() {
    std::vector<std::string_view> all;
    for (const Transition& transition : host().record().transitions) all.push_back(transition.what);
    return all;
  }

  test::FakeClock clock_;
  event::Loop loop_{clock_};
  stats::Registry registry_;
  HealthCheckConfig check_;
  net::Socket listener_;
  net::Address address_;
  net::Socket peer_;
  std::vector<std::string> lines_;
  std::optional<ClusterManager> manager_;
  int warmed_ = 0;
  int asked_ = 0;
};

TEST_F(HealthCheckerTest, HoldsAHostBackUntilItsFirstSuccess) {
  start();
  EXPECT_TRUE(host().has(kUnchecked));
  EXPECT_FALSE(manager_->warm());
  well();
  EXPECT_EQ(host().flags(), 0);
  EXPECT_TRUE(manager_->warm());
  loop_.runOnce(false);
  EXPECT_EQ(warmed_, 1);
  EXPECT_EQ(registry_.gauge("cluster.app.health_check.healthy"), 1);
}

TEST_F(HealthCheckerTest, IsWarmWhenTheFirstAnswerIsBad) {
  start();
  sick();
  EXPECT_TRUE(manager_->warm());
  EXPECT_TRUE(host().has(kFailedCheck));
  EXPECT_FALSE(host().has(kUnchecked));
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("503")));
}

TEST_F(HealthCheckerTest, IsWarmWhenTheFirstCheckGetsNoAnswer) {
  start();
  pass(check_.timeout + std::chrono::milliseconds(16));
  EXPECT_TRUE(manager_->warm());
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("timeout after 3s")));
}

TEST_F(HealthCheckerTest, OneSuccessIsEnoughForAHostThatWasNeverUp) {
  start();
  sick();
  well();
  EXPECT_EQ(host().flags(), 0);
}

TEST_F(HealthCheckerTest, CountsInARowBothWays) {
  start();
  well();
  sick();
  well();
  sick();
  EXPECT_EQ(host().flags(), 0);
  sick();
  EXPECT_TRUE(host().has(kFailedCheck));
  well();
  sick();
  well();
  EXPECT_TRUE(host().has(kFailedCheck));
  well();
  EXPECT_EQ(host().flags(), 0);
  EXPECT_THAT(transitions(), ElementsAre("up", "down", "up"));
}

TEST_F(HealthCheckerTest, AsksSoonerWhileAHostIsNotWell) {
  check_.interval = std::chrono::seconds(10);
  check_.unhealthyInterval = std::chrono::seconds(1);
  start();
  well();
  pass(std::chrono::seconds(9));
  EXPECT_EQ(registry_.counter("cluster.app.health_check.attempt"), 1);
  sick();
  const uint64_t before = registry_.counter("cluster.app.health_check.attempt");
  pass(std::chrono::milliseconds(1100));
  EXPECT_EQ(registry_.counter("cluster.app.health_check.attempt"), before + 1);
}

TEST_F(HealthCheckerTest, DoesNotBlameAHostForClosingAKeptConnection) {
  start();
  well();
  peer_.close();
  well();
  EXPECT_EQ(registry_.counter("cluster.app.health_check.failure"), 0);
}

TEST_F(HealthCheckerTest, AnsweringAChekEndsAnEjection) {
  start();
  well();
  host().setFlag(kEjected, true);
  well();
  EXPECT_EQ(host().flags(), 0);
}

TEST_F(HealthCheckerTest, RemembersTheLastTwentyTransitions) {
  check_.unhealthyThreshold = check_.healthyThreshold = 1;
  start();
  for (int i = 0; i < 12; ++i) well(), sick();
  EXPECT_EQ(host().record().transitions.size(), HostRecord::kKept);
  EXPECT_EQ(host().record().transitions.back().what, "down");
  EXPECT_EQ(host().record().transitions.back().why, "503");
}

}  // namespace
}  // namespace headgate::upstream
