#include "filters/router/cluster_draw.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace headgate::filters::router {
namespace {

using testing::ElementsAre;

std::vector<int> countsOf(const std::vector<uint32_t>& weights, int draws) {
  std::vector<routing::RouteCluster> clusters;
  for (const uint32_t weight : weights) clusters.push_back({0, weight});
  ClusterDraw draw(clusters);
  std::mt19937_64 random(1);
  std::vector<int> counts(weights.size());
  for (int i = 0; i < draws; ++i) ++counts[draw.next(random())];
  return counts;
}

TEST(ClusterDraw, IsExactOverEachCycle) {
  EXPECT_THAT(countsOf({90, 10}, 10), ElementsAre(9, 1));
  EXPECT_THAT(countsOf({90, 10}, 1000), ElementsAre(900, 100));
  EXPECT_THAT(countsOf({1, 2, 3}, 600), ElementsAre(100, 200, 300));
  EXPECT_THAT(countsOf({0, 5, 0}, 7), ElementsAre(0, 7, 0));
}

TEST(ClusterDraw, IsCloseWithinALongCycle) {
  const std::vector<int> counts = countsOf({999'999, 1'000'000}, 10'000);
  EXPECT_NEAR(counts[0], 5000, 250);
}

TEST(ClusterDraw, HasNoPeriodOfItsOwn) {
  std::vector<routing::RouteCluster> clusters{{0, 1}, {1, 1}};
  ClusterDraw draw(clusters);
  std::mt19937_64 random(1);
  int firstOfPair = 0;
  for (int i = 0; i < 1000; ++i) {
    firstOfPair += static_cast<int>(draw.next(random()));
    (void)draw.next(random());
  }
  EXPECT_NEAR(firstOfPair, 500, 100);  // a turn would give 0 or 1000
}

}  // namespace
}  // namespace headgate::filters::router
