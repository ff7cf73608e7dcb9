// What every store promises, asked of each of the three.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <set>

#include "source/limits/memory_store.h"
#include "source/limits/postgres_store.h"
#include "source/limits/sqlite_store.h"
#include "test/support/postgres_server.h"
#include "test/support/temporary_folder.h"

namespace headgate::limits {
namespace {

using test::PostgresServer;

/// A kind of store, and how to get another instance on the same data (null: it has none).
struct Kind {
  std::string name;
  std::function<std::function<std::unique_ptr<Store>()>(const test::TemporaryFolder&)> place;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

const Kind kMemory{"memory",
                   [](const test::TemporaryFolder&) { return [] { return std::make_unique<MemoryStore>(); }; }};
const Kind kSqlite{"sqlite", [](const test::TemporaryFolder& folder) {
                     return [path = folder.path("clients.db")] { return std::make_unique<SqliteStore>(path); };
                   }};
const Kind kPostgres{"postgres", [](const test::TemporaryFolder&) {
                       return [dsn = PostgresServer::shared().newDatabase()] {
                         return std::make_unique<PostgresStore>(dsn);
                       };
                     }};

constexpr base::WallTime kNow = 1'700'000'000'123'456'789;
constexpr base::WallTime kHour = 3'600'000'000'000;

Client client(std::string id, double capacity = 10, double rate = 1) {
  Client client;
  client.id = std::move(id);
  client.limit = {capacity, rate};
  return client;
}

Write writeOf(Write::Kind kind, Client client) {
  Write write;
  write.kind = kind;
  write.client = std::move(client);
  return write;
}
Write create(Client wanted) { return writeOf(Write::Kind::Create, std::move(wanted)); }
Write put(Client wanted) { return writeOf(Write::Kind::Put, std::move(wanted)); }
Write removal(std::string id) { return writeOf(Write::Kind::Remove, client(std::move(id))); }

std::vector<std::string> idsOf(const std::vector<Client>& clients) {
  std::vector<std::string> ids;
  for (const Client& client : clients) ids.push_back(client.id);
  return ids;
}

class StoreConformance : public testing::TestWithParam<Kind> {
 protected:
  StoreConformance() : another_(GetParam().place(folder_)), store_(another_()) {
    const base::Status opened = store_->open();
    EXPECT_TRUE(opened) << opened.error().message;
  }

  WriteResult write(const Write& write, base::WallTime now = kNow) {
    auto result = store_->write(write, now);
    EXPECT_TRUE(result) << result.error().message;
    return result.value_or(WriteResult{});
  }
  BatchOutcome batch(const std::vector<Client>& clients, bool dryRun = false, bool wantChanges = false) {
    auto outcome = store_->writeBatch(clients, dryRun, wantChanges, kNow);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome.value_or(BatchOutcome{});
  }
  std::vector<Client> all(size_t page = 1000) {
    std::vector<Client> clients;
    while (true) {
      const auto more = store_->page(clients.empty() ? "" : clients.back().id, page);
      EXPECT_TRUE(more) << more.error().message;
      if (!more) return clients;
      clients.insert(clients.end(), more->begin(), more->end());
      if (more->size() < page) return clients;
    }
  }
  uint64_t revision() { return store_->head()->revision; }
  Changes changesSince(uint64_t since) {
    auto changes = store_->changesSince(since);
    EXPECT_TRUE(changes) << changes.error().message;
    return changes.value_or(Changes{});
  }
  /// Another instance on the same data; null for memory.
  std::unique_ptr<Store> reopened() {
    if (GetParam().name == "memory") return nullptr;
    std::unique_ptr<Store> other = another_();
    const base::Status opened = other->open();
    EXPECT_TRUE(opened) << opened.error().message;
    return other;
  }

  test::TemporaryFolder folder_;
  std::function<std::unique_ptr<Store>()> another_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, StoreConformance, testing::Values(kMemory, kSqlite, kPostgres),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(StoreConformance, BeginsEmptyAtRevisionZero) {
  EXPECT_EQ(store_->kind(), GetParam().name);
  EXPECT_EQ(revision(), 0U);
  EXPECT_FALSE(store_->head()->identity.empty());
  EXPECT_TRUE(all().empty());
}

TEST_P(StoreConformance, KeepsEveryFieldOfARecordExactly) {
  Client wanted = client("a \"quoted\" \\ id, {with} $1 'everything'", 123456.789012345, 0.1);
  wanted.mode = Mode::Shadow;
  wanted.labels = {{"team", "päy \"ments\", {1}"}, {"back\\slash", ""}, {"quote'", "NULL"}};
  const WriteResult created = write(create(wanted));
  EXPECT_EQ(created.status, WriteStatus::Created);

  const std::vector<Client> stored = all();
  ASSERT_EQ(stored.size(), 1U);
  const Client& got = stored.front();
  EXPECT_EQ(got.id, wanted.id);
  EXPECT_EQ(got.limit, wanted.limit);
  EXPECT_EQ(got.mode, Mode::Shadow);
  EXPECT_EQ(got.labels, wanted.labels);
  EXPECT_EQ(got.revision, 1U);
  EXPECT_EQ(got.createdAt, kNow);
  EXPECT_EQ(got.updatedAt, kNow);
}

TEST_P(StoreConformance, KeepsTheLimitsAtTheirEdges) {
  for (const LimitSpec limit :
       {LimitSpec{1, 0}, LimitSpec{1e9, 1e9}, LimitSpec{1e9, 1}, LimitSpec{1, 1e-9}, LimitSpec{1.5, 1.0 / 3}}) {
    const WriteResult result = write(put(client("edge", limit.capacity, limit.ratePerSec)));
    EXPECT_TRUE(isChange(result.status));
    EXPECT_EQ(all().front().limit, limit);
  }
}

TEST_P(StoreConformance, CreateOfTheSameValuesChangesNothing) {
  write(create(client("a")));
  const WriteResult again = write(create(client("a")), kNow + 1);
  EXPECT_EQ(again.status, WriteStatus::Unchanged);
  EXPECT_EQ(again.client->revision, 1U);
  EXPECT_EQ(again.client->updatedAt, kNow);
  EXPECT_EQ(revision(), 1U);
}

TEST_P(StoreConformance, CreateOfOtherValuesIsAConflictThatShowsWhatStands) {
  write(create(client("a", 10)));
  const WriteResult conflict = write(create(client("a", 20)));
  EXPECT_EQ(conflict.status, WriteStatus::Conflict);
  EXPECT_EQ(conflict.client->limit.capacity, 10);
  EXPECT_EQ(revision(), 1U);
}

TEST_P(StoreConformance, PutReplacesAllValuesAndKeepsTheTimeOfCreation) {
  Client first = client("a");
  first.labels = {{"k", "v"}};
  write(put(first));
  const WriteResult second = write(put(client("a", 20, 2)), kNow + 5);
  EXPECT_EQ(second.status, WriteStatus::Updated);
  EXPECT_EQ(second.client->revision, 2U);
  const Client stored = all().front();
  EXPECT_EQ(stored.limit, (LimitSpec{20, 2}));
  EXPECT_TRUE(stored.labels.empty());
  EXPECT_EQ(stored.createdAt, kNow);
  EXPECT_EQ(stored.updatedAt, kNow + 5);
}

TEST_P(StoreConformance, PatchChangesWhatItNames) {
  Client before = client("a", 10, 1);
  before.labels = {{"keep", "1"}, {"drop", "2"}, {"change", "3"}};
  write(put(before));
  Write patch = writeOf(Write::Kind::Patch, client("a"));
  patch.patch.ratePerSec = 4.5;
  patch.patch.mode = Mode::Block;
  patch.patch.labels = {{"drop", std::nullopt}, {"change", "4"}, {"new", "5"}};
  EXPECT_EQ(write(patch).status, WriteStatus::Updated);
  const Client after = all().front();
  EXPECT_EQ(after.limit, (LimitSpec{10, 4.5}));
  EXPECT_EQ(after.mode, Mode::Block);
  EXPECT_EQ(after.labels, (Labels{{"keep", "1"}, {"change", "4"}, {"new", "5"}}));
}

TEST_P(StoreConformance, PatchCanClearAllLabels) {
  Client before = client("a");
  before.labels = {{"x", "1"}};
  write(put(before));
  Write patch = writeOf(Write::Kind::Patch, client("a"));
  patch.patch.clearLabels = true;
  EXPECT_EQ(write(patch).status, WriteStatus::Updated);
  EXPECT_TRUE(all().front().labels.empty());
}

TEST_P(StoreConformance, PatchThatLeadsToABrokenRuleIsInvalidAndChangesNothing) {
  write(put(client("a", 1000, 1)));
  Write patch = writeOf(Write::Kind::Patch, client("a"));
  patch.patch.ratePerSec = 1e-9;  // 1000 tokens would take 1e12 s
  const WriteResult result = write(patch);
  EXPECT_EQ(result.status, WriteStatus::Invalid);
  EXPECT_FALSE(result.message.empty());
  EXPECT_EQ(all().front().limit.ratePerSec, 1);
  EXPECT_EQ(revision(), 1U);
}

TEST_P(StoreConformance, PatchAndRemoveOfAnUnknownIdFindNothing) {
  EXPECT_EQ(write(writeOf(Write::Kind::Patch, client("nobody"))).status, WriteStatus::NotFound);
  EXPECT_EQ(write(removal("nobody")).status, WriteStatus::NotFound);
  EXPECT_EQ(revision(), 0U);
}

TEST_P(StoreConformance, RemoveAnswersWhatStoodThereWithTheRevisionOfTheDeletion) {
  write(put(client("a", 33)));
  const WriteResult removed = write(removal("a"));
  EXPECT_EQ(removed.status, WriteStatus::Deleted);
  EXPECT_EQ(removed.client->limit.capacity, 33);
  EXPECT_EQ(removed.client->revision, 2U);
  EXPECT_TRUE(all().empty());
  EXPECT_EQ(write(removal("a")).status, WriteStatus::NotFound);
}

TEST_P(StoreConformance, AWrongRevisionIsStaleForEveryKindOfWrite) {
  write(put(client("a", 10)));
  for (const auto kind : {Write::Kind::Create, Write::Kind::Put, Write::Kind::Patch, Write::Kind::Remove}) {
    Write stale = writeOf(kind, client("a", 20));
    stale.patch.capacity = 20;
    stale.ifRevision = 7;
    const WriteResult result = write(stale);
    EXPECT_EQ(result.status, WriteStatus::Stale);
    EXPECT_EQ(result.client->revision, 1U);
    stale.client.id = "nobody";
    EXPECT_EQ(write(stale).status, WriteStatus::Stale);
  }
  Write fresh = put(client("a", 20));
  fresh.ifRevision = 1;
  EXPECT_EQ(write(fresh).status, WriteStatus::Updated);
  EXPECT_EQ(revision(), 2U);
}

TEST_P(StoreConformance, PagesAreOrderedByTheBytesOfIds) {
  for (const char* id : {"b", "a", "Z", "a-1", "a_1", "a.1", "10", "9", "~", "!"}) write(put(client(id)));
  const std::vector<std::string> expected = {"!", "10", "9", "Z", "a", "a-1", "a.1", "a_1", "b", "~"};
  EXPECT_EQ(idsOf(all(3)), expected);
  EXPECT_EQ(idsOf(*store_->page("a-0", 2)), (std::vector<std::string>{"a-1", "a.1"}));
}

TEST_P(StoreConformance, ChangesSinceARevisionAreThePresentStateOfWhatWasTouched) {
  write(put(client("a", 1)));
  write(put(client("b", 2)));
  write(put(client("c", 3)));
  write(put(client("a", 4)));
  write(removal("b"));
  EXPECT_EQ(revision(), 5U);

  const Changes changes = changesSince(2);
  EXPECT_FALSE(changes.gap);
  EXPECT_EQ(changes.revision, 5U);
  const std::vector<std::string> changed = idsOf(changes.changed);
  EXPECT_EQ(std::set(changed.begin(), changed.end()), (std::set<std::string>{"a", "c"}));
  ASSERT_EQ(changes.removed.size(), 1U);
  EXPECT_EQ(changes.removed.front().id, "b");
  EXPECT_EQ(changes.removed.front().revision, 5U);

  const Changes none = changesSince(5);
  EXPECT_EQ(none.revision, 5U);
  EXPECT_TRUE(none.changed.empty() && none.removed.empty());
}

TEST_P(StoreConformance, ARecordThatComesBackIsNoLongerAmongTheRemoved) {
  write(put(client("a")));
  write(removal("a"));
  write(put(client("a", 5)));
  const Changes changes = changesSince(0);
  EXPECT_TRUE(changes.removed.empty());
  EXPECT_EQ(changes.changed.size(), 1U);
}

TEST_P(StoreConformance, ForgottenDeletionsLeaveAGapForWhoDoesNotKnowThem) {
  write(put(client("a")));
  write(put(client("b")));
  write(removal("a"), kNow);
  write(removal("b"), kNow + 2 * kHour);
  ASSERT_TRUE(store_->forgetRemovals(kNow + kHour));
  EXPECT_TRUE(changesSince(2).gap);
  const Changes known = changesSince(3);
  EXPECT_FALSE(known.gap);
  ASSERT_EQ(known.removed.size(), 1U);
  EXPECT_EQ(known.removed.front().id, "b");
  ASSERT_TRUE(store_->forgetRemovals(kNow + kHour)) << "once more with nothing to forget";
  EXPECT_FALSE(changesSince(3).gap);
}

TEST_P(StoreConformance, ARevisionThatTheStoreHasNotReachedIsAGap) {
  write(put(client("a")));
  EXPECT_TRUE(changesSince(2).gap);
}

TEST_P(StoreConformance, ABatchIsOneTransactionWithOneRevision) {
  write(put(client("same")));
  write(put(client("other", 1)));
  std::vector<Client> clients = {client("new"), client("same"), client("other", 2)};
  const BatchOutcome outcome = batch(clients, false, true);
  EXPECT_EQ(outcome.result.status, WriteStatus::Updated);
  EXPECT_EQ(outcome.result.created, 1U);
  EXPECT_EQ(outcome.result.unchanged, 1U);
  EXPECT_EQ(outcome.result.updated, 1U);
  ASSERT_EQ(outcome.result.changes.size(), 3U);
  EXPECT_FALSE(outcome.result.changes[0].before);
  EXPECT_EQ(outcome.result.changes[2].before->limit.capacity, 1);
  EXPECT_EQ(outcome.result.changes[2].after.limit.capacity, 2);
  EXPECT_EQ(idsOf(outcome.committed), (std::vector<std::string>{"new", "other"}));
  EXPECT_EQ(revision(), 3U);
  EXPECT_EQ(changesSince(2).changed.size(), 2U);
  EXPECT_EQ(changesSince(2).changed.front().revision, 3U);
}

TEST_P(StoreConformance, ADryRunOfABatchChangesNothing) {
  write(put(client("a", 1)));
  const BatchOutcome outcome = batch({client("a", 2), client("b")}, true, true);
  EXPECT_EQ(outcome.result.status, WriteStatus::Unchanged);
  EXPECT_EQ(outcome.result.created, 1U);
  EXPECT_EQ(outcome.result.updated, 1U);
  EXPECT_EQ(outcome.result.changes.size(), 2U);
  EXPECT_TRUE(outcome.committed.empty());
  EXPECT_EQ(revision(), 1U);
  EXPECT_EQ(all().front().limit.capacity, 1);
}

TEST_P(StoreConformance, ABatchWithAnIdTwiceIsRefusedByName) {
  const BatchOutcome outcome = batch({client("a"), client("b"), client("a", 2)});
  EXPECT_EQ(outcome.result.status, WriteStatus::Invalid);
  EXPECT_NE(outcome.result.message.find("\"a\""), std::string::npos);
  EXPECT_TRUE(all().empty());
}

TEST_P(StoreConformance, ABatchOfThousandsIsStoredWhole) {
  std::vector<Client> clients;
  for (int i = 0; i < 5003; ++i) clients.push_back(client("c" + std::to_string(i), 1 + i));
  clients[17].labels = {{"a", "b,\"}{"}};
  EXPECT_EQ(batch(clients).result.created, clients.size());
  EXPECT_EQ(all().size(), clients.size());
  EXPECT_EQ(batch(clients).result.unchanged, clients.size());
  EXPECT_EQ(revision(), 1U);
}

TEST_P(StoreConformance, BucketsAreKeptByNodeAndReplaced) {
  const BucketState state{1.0 / 3, kNow, 5, 6, kNow - 7};
  ASSERT_TRUE(store_->saveBuckets("n1", std::vector<BucketCheckpoint>{{"a", state}, {"ip:2001:db8::/64", {}}}));
  ASSERT_TRUE(store_->saveBuckets("n2", std::vector<BucketCheckpoint>{{"a", {9, 1, 2, 3, 4}}}));
  ASSERT_TRUE(store_->saveBuckets("n1", std::vector<BucketCheckpoint>{{"ip:2001:db8::/64", {8, 1, 2, 3, 4}}}));
  const auto buckets = store_->bucketPage("n1", "", 10);
  ASSERT_TRUE(buckets) << buckets.error().message;
  ASSERT_EQ(buckets->size(), 2U);
  EXPECT_EQ((*buckets)[0].id, "a");
  EXPECT_EQ((*buckets)[0].state.tokens, 1.0 / 3);
  EXPECT_EQ((*buckets)[0].state.at, kNow);
  EXPECT_EQ((*buckets)[0].state.allowedTotal, 5U);
  EXPECT_EQ((*buckets)[0].state.deniedTotal, 6U);
  EXPECT_EQ((*buckets)[0].state.lastSeen, kNow - 7);
  EXPECT_EQ((*buckets)[1].state.tokens, 8);
  EXPECT_EQ(store_->bucketPage("n1", "a", 10)->size(), 1U);
  EXPECT_EQ(store_->bucketPage("n1", "", 1)->size(), 1U);
  EXPECT_TRUE(store_->bucketPage("n3", "", 10)->empty());
  EXPECT_EQ(revision(), 0U) << "a bucket is no change of a client";
}

TEST_P(StoreConformance, ThousandsOfBucketsAreSavedAtOnce) {
  std::vector<BucketCheckpoint> buckets;
  for (int i = 0; i < 4500; ++i) buckets.push_back({"b" + std::to_string(i), {double(i), kNow, 0, 0, 0}});
  ASSERT_TRUE(store_->saveBuckets("n", buckets));
  EXPECT_EQ(store_->bucketPage("n", "", 10000)->size(), buckets.size());
}

TEST_P(StoreConformance, OldBucketsWithoutARecordAreForgotten) {
  write(put(client("known")));
  ASSERT_TRUE(store_->saveBuckets(
      "n", std::vector<BucketCheckpoint>{
               {"known", {1, kNow, 0, 0, 0}}, {"old", {1, kNow, 0, 0, 0}}, {"young", {1, kNow + kHour, 0, 0, 0}}}));
  ASSERT_TRUE(store_->saveBuckets("other", std::vector<BucketCheckpoint>{{"old", {1, kNow, 0, 0, 0}}}));
  ASSERT_TRUE(store_->forgetBuckets("n", kNow + 1));
  std::vector<std::string> left;
  const auto page = store_->bucketPage("n", "", 10);
  for (const BucketCheckpoint& bucket : *page) left.push_back(bucket.id);
  EXPECT_EQ(left, (std::vector<std::string>{"known", "young"}));
  EXPECT_EQ(store_->bucketPage("other", "", 10)->size(), 1U);
}

TEST_P(StoreConformance, EverythingIsThereAfterAReopen) {
  write(put(client("a", 7)));
  write(put(client("b")));
  write(removal("b"));
  ASSERT_TRUE(store_->saveBuckets("n", std::vector<BucketCheckpoint>{{"a", {3, kNow, 1, 2, kNow}}}));
  const StoreHead before = *store_->head();
  if (const auto other = reopened()) {
    store_.reset();
    EXPECT_EQ(other->head()->identity, before.identity);
    EXPECT_EQ(other->head()->revision, 3U);
    EXPECT_EQ(idsOf(*other->page("", 10)), (std::vector<std::string>{"a"}));
    EXPECT_EQ(other->changesSince(2)->removed.size(), 1U);
    EXPECT_EQ(other->bucketPage("n", "", 10)->front().state.tokens, 3);
  }
}

TEST_P(StoreConformance, OpeningAgainKeepsEverything) {
  write(put(client("a", 7)));
  const base::Status again = store_->open();
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(all().size(), 1U);
  EXPECT_EQ(write(put(client("b"))).client->revision, 2U);
}

TEST_P(StoreConformance, TwoInstancesSeeEachOthersChangesInTheOrderOfCommits) {
  const auto other = reopened();
  if (!other) return;
  write(put(client("a", 1)));
  EXPECT_EQ(other->changesSince(0)->changed.front().limit.capacity, 1);
  const auto second = other->write(put(client("a", 2)), kNow);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->client->revision, 2U);
  EXPECT_EQ(changesSince(1).changed.front().limit.capacity, 2);
}

TEST_P(StoreConformance, MigratingTwiceDoesNothing) {
  const auto report = store_->migrate(false);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->steps.empty());
}

}  // namespace
}  // namespace headgate::limits
