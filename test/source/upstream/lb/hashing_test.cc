#include "source/upstream/lb/hashing.h"

#include <gmock/gmock.h>

#include <string>

#include "source/upstream/lb/hash.h"
#include "test/support/hosts.h"

namespace headgate::upstream {
namespace {

constexpr size_t kKeys = 100'000;

uint64_t keyOf(size_t i) { return lb::hashOf("client-" + std::to_string(i)); }

class Hashing : public testing::TestWithParam<LbPolicy> {
 protected:
  struct Balancer {
    Balancer(LbPolicy policy, std::shared_ptr<const Members> members)
        : set(makeHostSet(std::move(members))), balancer(makeLoadBalancer(policy, set, state)) {}
    [[nodiscard]] std::string hostOf(uint64_t hash, std::vector<const Host*> tried = {}) const {
      return set.host(balancer->pick({0, tried, hash})).text();
    }
    [[nodiscard]] std::vector<size_t> counts() const {
      std::vector<size_t> counts(set.members->size());
      for (size_t i = 0; i < kKeys; ++i) ++counts[balancer->pick({0, {}, keyOf(i)})];
      return counts;
    }
    BalancerState state;
    HostSet set;
    std::unique_ptr<const LoadBalancer> balancer;
  };
  Balancer make(std::shared_ptr<const Members> members) { return Balancer(GetParam(), std::move(members)); }
};

TEST_P(Hashing, SendsAKeyToTheSameHostAlways) {
  const Balancer first(GetParam(), test::membersOf(10));
  const Balancer second(GetParam(), test::membersOf(10));
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(first.hostOf(keyOf(i)), second.hostOf(keyOf(i)));
}

TEST_P(Hashing, DoesNotCareWhereAHostStandsInTheList) {
  const auto members = test::membersOf(10);
  const auto reversed = std::make_shared<const Members>(members->rbegin(), members->rend());
  const Balancer first(GetParam(), members);
  const Balancer second(GetParam(), reversed);
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(first.hostOf(keyOf(i)), second.hostOf(keyOf(i)));
}

TEST_P(Hashing, SpreadsKeysOverAllHosts) {
  const Balancer balancer(GetParam(), test::membersOf(10));
  for (const size_t count : balancer.counts())
    EXPECT_NEAR(static_cast<double>(count), kKeys / 10.0, kKeys / 10.0 * 0.25);
}

TEST_P(Hashing, FollowsTheWeights) {
  const Balancer balancer(GetParam(), test::membersWithWeights({1, 1, 2}));
  const auto counts = balancer.counts();
  EXPECT_NEAR(static_cast<double>(counts[2]), kKeys / 2.0, kKeys * 0.08);
}

// What must move are the keys of the host that left: a tenth.
TEST_P(Hashing, MovesFewKeysWhenAHostLeaves) {
  const auto members = test::membersOf(10);
  const Balancer before(GetParam(), members);
  (*members)[3]->setFlag(kFailedCheck, true);
  const Balancer after(GetParam(), members);
  const std::string gone = (*members)[3]->text();
  size_t moved = 0;
  for (size_t i = 0; i < kKeys; ++i) {
    const std::string was = before.hostOf(keyOf(i));
    if (was != gone && after.hostOf(keyOf(i)) != was) ++moved;
  }
  RecordProperty("moved", static_cast<int>(moved));
  const double most = GetParam() == LbPolicy::RingHash ? 0 : 0.05;
  EXPECT_LE(static_cast<double>(moved), most * kKeys);
}

TEST_P(Hashing, GivesAKeyAnotherHostOnceItsOwnWasTried) {
  const auto members = test::membersOf(3);
  const Balancer balancer(GetParam(), members);
  for (size_t i = 0; i < 100; ++i) {
    const std::string own = balancer.hostOf(keyOf(i));
    for (const auto& host : *members) {
      if (host->text() != own) continue;
      EXPECT_NE(balancer.hostOf(keyOf(i), {host.get()}), own);
    }
  }
}

TEST_P(Hashing, PicksATriedHostRatherThanNone) {
  const auto members = test::membersOf(1);
  const Balancer balancer(GetParam(), members);
  EXPECT_EQ(balancer.hostOf(1, {members->front().get()}), members->front()->text());
}

TEST_P(Hashing, HasNothingToPickWithoutCandidates) {
  const Balancer balancer(GetParam(), test::membersOf(0));
  EXPECT_EQ(balancer.balancer->pick({5, {}, 7}), LoadBalancer::kNone);
}

TEST_P(Hashing, IsRandomWithoutAKey) {
  const Balancer balancer(GetParam(), test::membersOf(4));
  std::vector<size_t> counts(4);
  for (size_t i = 0; i < 4000; ++i) ++counts[balancer.balancer->pick({keyOf(i), {}, std::nullopt})];
  for (const size_t count : counts) EXPECT_GT(count, 500);
}

INSTANTIATE_TEST_SUITE_P(Policies, Hashing, testing::Values(LbPolicy::RingHash, LbPolicy::Maglev),
                         [](const auto& each) { return each.param == LbPolicy::RingHash ? "RingHash" : "Maglev"; });

}  // namespace
}  // namespace headgate::upstream
