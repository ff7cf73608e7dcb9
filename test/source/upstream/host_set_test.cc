#include "source/upstream/host_set.h"

#include <gmock/gmock.h>

#include "test/support/hosts.h"

namespace headgate::upstream {
namespace {

std::vector<uint32_t> candidatesOf(const HostSet& set) {
  std::vector<uint32_t> indices;
  for (const HostSet::Candidate& candidate : set.candidates) indices.push_back(candidate.index);
  return indices;
}

TEST(HostSet, OffersHostsWithoutAFlagOnly) {
  const auto members = test::membersOf(5);
  (*members)[0]->setFlag(kUnchecked, true);
  (*members)[1]->setFlag(kFailedCheck, true);
  (*members)[2]->setFlag(kEjected, true);
  (*members)[3]->setFlag(kDrained, true);
  EXPECT_THAT(candidatesOf(makeHostSet(members)), testing::ElementsAre(4));
}

TEST(HostSet, OffersAHostAgainOnceItsLastFlagIsGone) {
  const auto members = test::membersOf(1);
  (*members)[0]->setFlag(kFailedCheck, true);
  (*members)[0]->setFlag(kDrained, true);
  (*members)[0]->setFlag(kFailedCheck, false);
  EXPECT_TRUE(makeHostSet(members).candidates.empty());
  (*members)[0]->setFlag(kDrained, false);
  EXPECT_THAT(candidatesOf(makeHostSet(members)), testing::ElementsAre(0));
}

TEST(HostSet, DoesNotPanicUnlessToldTo) {
  const auto members = test::membersOf(2);
  for (const auto& host : *members) host->setFlag(kFailedCheck, true);
  EXPECT_TRUE(makeHostSet(members, 0).candidates.empty());
}

TEST(HostSet, OffersAllButTheDrainedWhenTooFewAreWell) {
  const auto members = test::membersOf(4);
  (*members)[0]->setFlag(kFailedCheck, true);
  (*members)[1]->setFlag(kEjected, true);
  (*members)[2]->setFlag(kDrained, true);
  // One of the three that are not drained is well: 33 %.
  const HostSet calm = makeHostSet(members, 33);
  EXPECT_FALSE(calm.panic);
  EXPECT_THAT(candidatesOf(calm), testing::ElementsAre(3));
  const HostSet panic = makeHostSet(members, 34);
  EXPECT_TRUE(panic.panic);
  EXPECT_THAT(candidatesOf(panic), testing::ElementsAre(0, 1, 3));
}

}  // namespace
}  // namespace headgate::upstream
