#include "source/limits/bucket_table.h"

#include <gtest/gtest.h>

#include "test/source/limits/fake_clock.h"

namespace headgate::limits {
namespace {

using Verdict = Decision::Verdict;

class BucketTableTest : public testing::Test {
 protected:
  Decision take(std::string_view id, double cost = 1, TableView::IfUnknown ifUnknown = TableView::IfUnknown::Track) {
    return view_.take(id, unitsOf(cost), clock_.now, ifUnknown);
  }
  int takeAll(std::string_view id) {
    int taken = 0;
    while (take(id).verdict == Verdict::Admitted) ++taken;
    return taken;
  }
  static Client client(std::string id, double capacity, double rate, Mode mode = Mode::Enforce) {
    Client result;
    result.id = std::move(id);
    result.limit = {capacity, rate};
    result.mode = mode;
    return result;
  }

  FakeClock clock_;
  BucketTable table_{LimitSpec{5, 1}, 4, clock_};
  TableView view_{table_};
};

TEST_F(BucketTableTest, GivesAnUnknownClientABucketOfTheDefaultLimit) {
  EXPECT_EQ(takeAll("alice"), 5);
  EXPECT_EQ(takeAll("bob"), 5);
  const auto bucket = table_.look("alice");
  ASSERT_TRUE(bucket);
  EXPECT_FALSE(bucket->hasRecord);
  EXPECT_EQ(bucket->limit, (LimitSpec{5, 1}));
  EXPECT_EQ(bucket->state.tokens, 0);
  EXPECT_EQ(bucket->state.allowedTotal, 5U);
  EXPECT_EQ(bucket->state.deniedTotal, 1U);
  EXPECT_EQ(bucket->retryAfter, std::chrono::seconds(1));
  EXPECT_FALSE(table_.look("nobody"));
}

TEST_F(BucketTableTest, DecidesByARecordFromTheMomentItIsDefined) {
  table_.define(client("alice", 7, 1));
  EXPECT_EQ(takeAll("alice"), 7);
  table_.define(client("alice", 100, 1000));
  EXPECT_EQ(takeAll("alice"), 0);
  clock_.advance(std::chrono::milliseconds(20));
  EXPECT_EQ(takeAll("alice"), 20);
}

TEST_F(BucketTableTest, FallsBackToTheDefaultAtOnceWhenARecordIsGone) {
  table_.define(client("alice", 100, 1));
  EXPECT_EQ(table_.facts().records, 1U);
  table_.undefine("alice");
  table_.undefine("nobody");
  EXPECT_EQ(table_.facts().records, 0U);
  EXPECT_EQ(takeAll("alice"), 5);
}

TEST_F(BucketTableTest, LeavesAClientWithoutARecordAloneWhenAskedTo) {
  EXPECT_EQ(take("alice", 1, TableView::IfUnknown::Leave).verdict, Verdict::Unknown);
  EXPECT_FALSE(table_.look("alice"));
  EXPECT_EQ(take("alice").verdict, Verdict::Admitted);
  EXPECT_EQ(take("alice", 1, TableView::IfUnknown::Leave).verdict, Verdict::Unknown);
  table_.define(client("alice", 5, 1));
  EXPECT_EQ(take("alice", 1, TableView::IfUnknown::Leave).verdict, Verdict::Admitted);
}

TEST_F(BucketTableTest, ResetsABucket) {
  takeAll("alice");
  EXPECT_TRUE(table_.reset("alice"));
  EXPECT_FALSE(table_.reset("bob"));
  EXPECT_EQ(takeAll("alice"), 5);
}

TEST_F(BucketTableTest, BlocksAndExemptsByMode) {
  table_.define(client("blocked", 5, 1, Mode::Block));
  table_.define(client("exempt", 5, 1, Mode::Off));
  EXPECT_EQ(take("blocked").verdict, Verdict::Blocked);
  EXPECT_EQ(take("exempt").verdict, Verdict::Exempt);
  EXPECT_EQ(table_.look("blocked")->state.deniedTotal, 1U);
  EXPECT_EQ(table_.look("blocked")->state.tokens, 5);
  EXPECT_EQ(table_.look("exempt")->state.allowedTotal, 0U);
  EXPECT_EQ(table_.look("exempt")->state.lastSeen, 0);
}

TEST_F(BucketTableTest, DropsAFullBucketForANewClientWhenTheTableIsFull) {
  for (const char* id : {"a", "b", "c", "d"}) EXPECT_EQ(take(id).verdict, Verdict::Admitted);
  takeAll("a");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(take("e").overflow);
  EXPECT_TRUE(table_.look("a")) << "it was not full";
  const TableFacts facts = table_.facts();
  EXPECT_EQ(facts.tracked, 4U);
  EXPECT_EQ(facts.dropped, 1U);
}

TEST_F(BucketTableTest, SharesTheOverflowBucketWhenNothingCanBeDropped) {
  for (const char* id : {"a", "b", "c", "d"}) EXPECT_EQ(take(id).verdict, Verdict::Admitted);
  int admitted = 0;
  for (int i = 0; i < 20; ++i) {
    const Decision decision = take("new-" + std::to_string(i));
    EXPECT_TRUE(decision.overflow);
    admitted += decision.verdict == Verdict::Admitted ? 1 : 0;
  }
  EXPECT_EQ(admitted, 5);
  EXPECT_EQ(table_.facts().overflowed, 20U);
  EXPECT_EQ(table_.facts().tracked, 4U);
  // Once one is full again there is room.
  clock_.advance(std::chrono::seconds(1));
  EXPECT_FALSE(take("new").overflow);
}

TEST_F(BucketTableTest, HoldsEveryRecordBeyondItsMaximum) {
  for (int i = 0; i < 3000; ++i) table_.define(client("client-" + std::to_string(i), 1 + i % 10, 1));
  for (int i = 0; i < 3000; ++i) EXPECT_EQ(takeAll("client-" + std::to_string(i)), 1 + i % 10);
  EXPECT_EQ(table_.facts().records, 3000U);
  EXPECT_TRUE(take("unknown").overflow);
}

TEST_F(BucketTableTest, HoldsIdsOfAnyLength) {
  const std::string longest(kMaxIdBytes, 'x');
  table_.define(client(longest, 3, 1));
  table_.define(client(longest.substr(1), 2, 1));
  table_.define(client("y", 4, 1));
  EXPECT_EQ(takeAll(longest), 3);
  EXPECT_EQ(takeAll(longest.substr(1)), 2);
  EXPECT_EQ(takeAll("y"), 4);
}

TEST_F(BucketTableTest, RestoresWhatWasStoredAndRefillsItByTheWallClock) {
  BucketState state;
  state.tokens = 1;
  state.at = clock_.wallNow - 2 * kSecond;
  state.allowedTotal = 40;
  state.deniedTotal = 2;
  table_.restore("alice", state);
  EXPECT_EQ(table_.look("alice")->state.tokens, 3);
  EXPECT_EQ(table_.look("alice")->state.allowedTotal, 40U);
  EXPECT_EQ(table_.look("alice")->state.deniedTotal, 2U);
  state.at = clock_.wallNow + 3600 * kSecond;  // the clock was set back since
  table_.restore("bob", state);
  EXPECT_EQ(table_.look("bob")->state.tokens, 1);
}

TEST_F(BucketTableTest, RestoresBeforeOrAfterTheRecordAlike) {
  BucketState state;
  state.tokens = 70;
  state.at = clock_.wallNow - kSecond;
  table_.restore("before", state);
  table_.define(client("before", 100, 10));
  table_.define(client("after", 100, 10));
  table_.restore("after", state);
  EXPECT_EQ(table_.look("before")->state.tokens, 80);
  EXPECT_EQ(table_.look("after")->state.tokens, 80);
}

TEST_F(BucketTableTest, ACheckpointDuringTheLoadChangesNothingForRecordsToCome) {
  BucketState state;
  state.tokens = 70;
  state.at = clock_.wallNow - kSecond;
  table_.restore("alice", state);
  std::vector<std::string> changed;
  table_.forEachChanged([&](std::string_view id, const BucketState&) { changed.emplace_back(id); });
  EXPECT_EQ(changed, std::vector<std::string>{"alice"}) << "what was restored may be newer than what is stored";
  table_.define(client("alice", 100, 10));
  EXPECT_EQ(table_.look("alice")->state.tokens, 80);
  table_.endRestore();
}

TEST_F(BucketTableTest, ForgetsNothingThatWasSpentBeforeALateRestore) {
  take("alice", 2);
  BucketState state;
  state.tokens = 3;
  state.at = clock_.wallNow;
  table_.restore("alice", state);
  EXPECT_EQ(takeAll("alice"), 1);
  EXPECT_EQ(table_.look("alice")->state.allowedTotal, 2U);
}

TEST_F(BucketTableTest, TellsEachChangedBucketOnce) {
  const auto changed = [this] {
    std::map<std::string, BucketState> all;
    table_.forEachChanged([&](std::string_view id, const BucketState& state) { all.emplace(id, state); });
    return all;
  };
  take("alice", 2);
  take("bob");
  auto first = changed();
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first["alice"].tokens, 3);
  EXPECT_EQ(first["alice"].at, clock_.wallNow);
  EXPECT_LE(std::abs(first["alice"].lastSeen - clock_.wallNow), 2 * kSecond);
  EXPECT_TRUE(changed().empty());
  take("bob");
  table_.reset("alice");
  EXPECT_EQ(changed().size(), 2U);
}

TEST_F(BucketTableTest, ListsTheFirstByRefusalsAdmissionsAndNearness) {
  takeAll("a"), take("a"), take("a");
  take("b", 4), take("b", 4);
  take("c");
  const auto ids = [&](TopBy by, size_t n) {
    std::string all;
    for (const TopEntry& entry : table_.top(by, n)) all += entry.id;
    return all;
  };
  EXPECT_EQ(ids(TopBy::Denied, 10), "ab");
  EXPECT_EQ(ids(TopBy::Denied, 1), "a");
  EXPECT_EQ(ids(TopBy::Allowed, 10), "abc");
  EXPECT_EQ(ids(TopBy::NearLimit, 2), "ab");
  EXPECT_EQ(ids(TopBy::NearLimit, 0), "");
}

TEST_F(BucketTableTest, AppliesOtherDefaultsToWhoeverHasNoRecord) {
  takeAll("alice");
  table_.define(client("bob", 2, 1));
  table_.setDefaults({50, 10});
  EXPECT_EQ(table_.defaults(), (LimitSpec{50, 10}));
  EXPECT_EQ(takeAll("alice"), 0);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(takeAll("alice"), 10);
  EXPECT_EQ(takeAll("bob"), 2);
  EXPECT_EQ(takeAll("carol"), 50);
}

}  // namespace
}  // namespace headgate::limits
