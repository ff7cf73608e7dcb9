#include "source/upstream/load_balancer.h"

#include <gmock/gmock.h>

#include <random>

#include "test/support/hosts.h"

namespace headgate::upstream {
namespace {

using testing::ElementsAre;

class Balancing {
 public:
  Balancing(LbPolicy policy, std::shared_ptr<const Members> members)
      : set_(makeHostSet(std::move(members))), balancer_(makeLoadBalancer(policy, set_, state_)) {}

  size_t pick(std::vector<const Host*> tried = {}) { return balancer_->pick({random_(), tried, {}}); }
  std::vector<size_t> counts(size_t picks, const std::vector<const Host*>& tried = {}) {
    std::vector<size_t> counts(set_.members->size());
    for (size_t i = 0; i < picks; ++i) ++counts[pick(tried)];
    return counts;
  }
  Host& host(size_t index) { return set_.host(index); }

 private:
  BalancerState state_;
  HostSet set_;
  std::unique_ptr<const LoadBalancer> balancer_;
  std::mt19937_64 random_{7};
};

constexpr LbPolicy kAll[] = {LbPolicy::RoundRobin, LbPolicy::LeastRequest, LbPolicy::Random};

TEST(LoadBalancer, HasNothingToPickWithoutCandidates) {
  const auto members = test::membersOf(2);
  for (const auto& host : *members) host->setFlag(kFailedCheck, true);
  for (const LbPolicy policy : kAll) EXPECT_EQ(Balancing(policy, members).pick(), LoadBalancer::kNone);
}

TEST(LoadBalancer, NeverPicksAHostThatIsNoCandidate) {
  for (const size_t count : {3, 20}) {
    const auto members = test::membersOf(count);
    (*members)[1]->setFlag(kDrained, true);
    for (const LbPolicy policy : kAll) EXPECT_EQ(Balancing(policy, members).counts(1000)[1], 0);
  }
}

TEST(LoadBalancer, AvoidsWhatWasTriedWhileThereIsAnother) {
  for (const size_t count : {3, 20}) {
    for (const LbPolicy policy : kAll) {
      Balancing balancing(policy, test::membersOf(count));
      EXPECT_EQ(balancing.counts(500, {&balancing.host(1)})[1], 0);
    }
  }
}

TEST(LoadBalancer, PicksATriedHostRatherThanNone) {
  for (const LbPolicy policy : kAll) {
    Balancing balancing(policy, test::membersOf(1));
    EXPECT_EQ(balancing.pick({&balancing.host(0)}), 0);
  }
}

TEST(RoundRobin, TakesEachInTurn) {
  Balancing balancing(LbPolicy::RoundRobin, test::membersOf(3));
  EXPECT_THAT(balancing.counts(30), ElementsAre(10, 10, 10));
}

TEST(RoundRobin, SpreadsWeightsSmoothly) {
  Balancing balancing(LbPolicy::RoundRobin, test::membersWithWeights({3, 1}));
  std::vector<size_t> order;
  for (int i = 0; i < 8; ++i) order.push_back(balancing.pick());
  EXPECT_THAT(order, ElementsAre(0, 0, 1, 0, 0, 0, 1, 0));
}

TEST(Random, FollowsTheWeights) {
  Balancing balancing(LbPolicy::Random, test::membersWithWeights({1, 2, 7}));
  const auto counts = balancing.counts(100'000);
  EXPECT_NEAR(static_cast<double>(counts[0]), 10'000, 700);
  EXPECT_NEAR(static_cast<double>(counts[1]), 20'000, 700);
  EXPECT_NEAR(static_cast<double>(counts[2]), 70'000, 700);
}

TEST(LeastRequest, PicksTheLeastLoadedOfAFew) {
  Balancing balancing(LbPolicy::LeastRequest, test::membersOf(3));
  balancing.host(0).requestBegun();
  balancing.host(2).requestBegun();
  EXPECT_THAT(balancing.counts(100), ElementsAre(0, 100, 0));
}

TEST(LeastRequest, AllowsAHeavierHostMore) {
  Balancing balancing(LbPolicy::LeastRequest, test::membersWithWeights({4, 1}));
  for (int i = 0; i < 2; ++i) balancing.host(0).requestBegun();
  // 3/4 against 1/1.
  EXPECT_EQ(balancing.pick(), 0);
  for (int i = 0; i < 2; ++i) balancing.host(0).requestBegun();
  EXPECT_EQ(balancing.pick(), 1);
}

TEST(LeastRequest, TakesTheBetterOfTwoBeyondAFew) {
  Balancing balancing(LbPolicy::LeastRequest, test::membersOf(20));
  balancing.host(3).requestBegun();
  const auto counts = balancing.counts(20'000);
  EXPECT_EQ(counts[3], 0);  // the other of the two is always better
  for (size_t i = 0; i < counts.size(); ++i) {
    if (i == 3) continue;
    EXPECT_NEAR(static_cast<double>(counts[i]), 20'000.0 / 19, 200) << i;
  }
}

}  // namespace
}  // namespace headgate::upstream
