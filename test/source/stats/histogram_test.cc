#include "source/stats/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

namespace headgate::stats {
namespace {

class HistogramTest : public testing::Test {
 protected:
  HistogramSnapshot snapshot() const {
    HistogramSnapshot result;
    result.merge(*cell_);
    return result;
  }

  std::unique_ptr<HistogramCell> cell_ = std::make_unique<HistogramCell>();
  Histogram histogram_{*cell_};
};

TEST(HistogramBuckets, CoverEveryValueWithoutGapOrOverlap) {
  for (size_t i = 0; i < HistogramBuckets::kCount; ++i) {
    const uint64_t low = HistogramBuckets::lowerBound(i);
    const uint64_t next = HistogramBuckets::lowerBound(i + 1);
    ASSERT_LT(low, next) << i;
    ASSERT_EQ(HistogramBuckets::indexOf(low), i);
    ASSERT_EQ(HistogramBuckets::indexOf(next - 1), i);
  }
  EXPECT_EQ(HistogramBuckets::lowerBound(HistogramBuckets::kCount), HistogramBuckets::kMaxValue + 1);
}

TEST(HistogramBuckets, HaveTheirMiddleWithinTwoPercentOfEveryValue) {
  for (size_t i = 0; i < HistogramBuckets::kCount; ++i) {
    const auto low = static_cast<double>(HistogramBuckets::lowerBound(i));
    const auto high = static_cast<double>(HistogramBuckets::lowerBound(i + 1) - 1);
    const double middle = (low + high) / 2;
    ASSERT_LE(high - middle, middle * 0.02) << i;
    ASSERT_LE(middle - low, low * 0.02) << i;
  }
}

TEST(HistogramBuckets, PutWhatIsTooLargeIntoTheLast) {
  EXPECT_EQ(HistogramBuckets::indexOf(HistogramBuckets::kMaxValue), HistogramBuckets::kCount - 1);
  EXPECT_EQ(HistogramBuckets::indexOf(~uint64_t{0}), HistogramBuckets::kCount - 1);
}

TEST_F(HistogramTest, IsEmptyBeforeTheFirstValue) {
  const HistogramSnapshot empty = snapshot();
  EXPECT_EQ(empty.count(), 0U);
  EXPECT_EQ(empty.mean(), 0);
  EXPECT_EQ(empty.percentile(50), 0);
}

TEST_F(HistogramTest, GivesPercentilesWithinTwoPercentOfTheTrueOnes) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> latencies(7, 2);
  std::vector<uint64_t> values;
  for (int i = 0; i < 100'000; ++i) {
    values.push_back(static_cast<uint64_t>(latencies(random)));
    histogram_.record(values.back());
  }
  std::sort(values.begin(), values.end());
  const HistogramSnapshot taken = snapshot();
  EXPECT_EQ(taken.count(), values.size());
  for (const double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto rank = std::max<size_t>(1, static_cast<size_t>(std::ceil(percent / 100 * 100'000)));
    const auto truth = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(taken.percentile(percent), truth, truth * 0.02) << percent;
  }
  EXPECT_EQ(taken.max(), values.back());
}

TEST_F(HistogramTest, IsExactForSmallValues) {
  for (uint64_t value = 1; value <= 31; ++value) histogram_.record(value);
  EXPECT_EQ(snapshot().percentile(0), 1);
  EXPECT_EQ(snapshot().percentile(50), 16);
  EXPECT_EQ(snapshot().percentile(100), 31);
  EXPECT_EQ(snapshot().mean(), 16);
  EXPECT_EQ(snapshot().countBelow(16), 15U);
}

TEST_F(HistogramTest, NeverGivesAPercentileAboveTheLargestValue) {
  for (int i = 0; i < 10; ++i) histogram_.record(1'000'000);
  EXPECT_EQ(snapshot().percentile(100), 1'000'000);
  EXPECT_LE(snapshot().percentile(50), 1'000'000);
}

TEST_F(HistogramTest, CountsBelowPowersOfTwoExactly) {
  for (uint64_t value = 0; value < 5000; ++value) histogram_.record(value);
  for (uint64_t limit = 1; limit <= 4096; limit *= 2) EXPECT_EQ(snapshot().countBelow(limit), limit);
  EXPECT_EQ(snapshot().countBelow(0), 0U);
}

TEST_F(HistogramTest, ShowsWhatWasRecordedSinceAnEarlierSnapshot) {
  histogram_.record(5'000'000);
  const HistogramSnapshot earlier = snapshot();
  for (int i = 0; i < 10; ++i) histogram_.record(100);
  const HistogramSnapshot between = snapshot().since(earlier);
  EXPECT_EQ(between.count(), 10U);
  EXPECT_EQ(between.sum(), 1000U);
  EXPECT_NEAR(between.percentile(99), 100, 2);
  EXPECT_NEAR(static_cast<double>(between.max()), 100, 2);
}

}  // namespace
}  // namespace headgate::stats
