#include "source/upstream/outlier_detector.h"

#include <gmock/gmock.h>

#include "source/stats/registry.h"
#include "test/support/fake_clock.h"
#include "test/support/hosts.h"

namespace headgate::upstream {
namespace {

class OutlierDetectorTest : public testing::Test {
 protected:
  void start(int hosts) {
    cluster_ = std::make_shared<Cluster>(ClusterConfig{}, 0, Cluster::TellOutlier());
    membership_.emplace(loop_, cluster_, nullptr,
                        [this](log::Severity, std::string line) { lines_.push_back(std::move(line)); });
    detector_.emplace(loop_, *membership_, config_, registry_.addShard());
    std::vector<EndpointConfig> endpoints;
    for (int i = 1; i <= hosts; ++i) endpoints.push_back({test::addressOf(i), 1});
    membership_->setEndpoints(endpoints);
    detector_->follow();
  }
  Host& host(size_t index) { return *membership_->members()[index]; }
  void outlier(size_t index) { detector_->onOutlier(host(index), OutlierKind::Consecutive5xx); }
  void pass(base::Duration time) {
    for (base::Duration step = std::chrono::milliseconds(100); time.count() > 0; time -= step) {
      clock_.advance(step);
      loop_.runOnce(false);
    }
  }
  size_t ejected() {
    size_t count = 0;
    for (const auto& member : membership_->members()) count += member->has(kEjected) ? 1 : 0;
    return count;
  }

  test::FakeClock clock_;
  event::Loop loop_{clock_};
  stats::Registry registry_;
  OutlierConfig config_;
  std::shared_ptr<Cluster> cluster_;
  std::optional<ClusterMembership> membership_;
  std::optional<OutlierDetector> detector_;
  std::vector<std::string> lines_;
};

TEST_F(OutlierDetectorTest, EjectsForTheBaseTime) {
  start(3);
  outlier(0);
  EXPECT_TRUE(host(0).has(kEjected));
  pass(std::chrono::seconds(29));
  EXPECT_TRUE(host(0).has(kEjected));
  pass(std::chrono::seconds(2));
  EXPECT_FALSE(host(0).has(kEjected));
}

TEST_F(OutlierDetectorTest, DoublesTheTimeWithEachEjectionInARow) {
  config_.interval = std::chrono::hours(1);
  start(3);
  outlier(0);
  pass(std::chrono::seconds(31));
  outlier(0);
  pass(std::chrono::seconds(58));
  EXPECT_TRUE(host(0).has(kEjected));
  pass(std::chrono::seconds(4));
  EXPECT_FALSE(host(0).has(kEjected));
}

TEST_F(OutlierDetectorTest, NeverEjectsForLongerThanTheMost) {
  config_.interval = std::chrono::hours(100);
  start(3);
  for (int i = 0; i < 8; ++i) {
    outlier(0);
    pass(std::chrono::seconds(301));
    EXPECT_FALSE(host(0).has(kEjected)) << i;
  }
}

TEST_F(OutlierDetectorTest, ForgetsAnEjectionWithEachInterval) {
  start(3);
  outlier(0);
  pass(std::chrono::seconds(45));
  outlier(0);
  pass(std::chrono::seconds(31));
  EXPECT_FALSE(host(0).has(kEjected));
}

TEST_F(OutlierDetectorTest, KeepsTheShareOfHostsThatMustStay) {
  start(6);
  for (size_t i = 0; i < 6; ++i) outlier(i);
  EXPECT_EQ(ejected(), 3);
  EXPECT_EQ(registry_.counter("cluster..outlier_detection.ejections_overflow"), 3);
}

TEST_F(OutlierDetectorTest, MayEjectOneOfAFewWhateverTheShare) {
  config_.maxEjectionPercent = 10;
  start(3);
  outlier(0);
  outlier(1);
  EXPECT_EQ(ejected(), 1);
}

TEST_F(OutlierDetectorTest, KeepsTheLastHostThatTakesRequests) {
  config_.maxEjectionPercent = 100;
  start(2);
  host(1).setFlag(kFailedCheck, true);
  outlier(0);
  EXPECT_EQ(ejected(), 0);
}

TEST_F(OutlierDetectorTest, EjectsTheLastHostIfToldTo) {
  config_.maxEjectionPercent = 100;
  config_.keepOne = false;
  start(1);
  outlier(0);
  EXPECT_EQ(ejected(), 1);
}

TEST_F(OutlierDetectorTest, EjectsAHostWhoseSuccessRateFallsBehind) {
  start(6);
  for (int request = 0; request < 200; ++request) {
    for (size_t i = 0; i < 6; ++i)
      host(i).stats().countOutcome(0, i == 5 && request % 2 == 0 ? Outcome::ServerError : Outcome::Success);
  }
  pass(std::chrono::seconds(11));
  EXPECT_EQ(ejected(), 1);
  EXPECT_TRUE(host(5).has(kEjected));
  EXPECT_DOUBLE_EQ(host(0).record().successRate, 100);
}

TEST_F(OutlierDetectorTest, DoesNotCompareRatesOfFewRequests) {
  start(6);
  for (int request = 0; request < 99; ++request) {
    for (size_t i = 0; i < 6; ++i) host(i).stats().countOutcome(0, i == 5 ? Outcome::ServerError : Outcome::Success);
  }
  pass(std::chrono::seconds(11));
  EXPECT_EQ(ejected(), 0);
}

}  // namespace
}  // namespace headgate::upstream
