#include "source/limits/client_registry.h"

#include "test/source/limits/proxy.h"
#include "test/source/limits/shared_store.h"
#include "test/support/temporary_folder.h"

namespace headgate::limits {
namespace {

using namespace std::chrono_literals;

class Registry : public testing::Test {
 protected:
  std::unique_ptr<Store> store() { return std::make_unique<SharedStore>(data_); }
  /// A record that stands in the store before anybody looks.
  void given(std::string id, double capacity) {
    const std::scoped_lock lock(data_->mutex);
    Write write;
    write.client.id = std::move(id);
    write.client.limit = {capacity, 0};
    ASSERT_TRUE(data_->store.write(write, 1));
  }
  void givenRemoval(std::string id) {
    const std::scoped_lock lock(data_->mutex);
    Write write;
    write.kind = Write::Kind::Remove;
    write.client.id = std::move(id);
    ASSERT_TRUE(data_->store.write(write, 1));
  }
  std::vector<BucketCheckpoint> savedBuckets(std::string_view node = "n") {
    const std::scoped_lock lock(data_->mutex);
    return *data_->store.bucketPage(node, "", 1000);
  }
  std::string copyPath() { return folder_.path("copy.db"); }
  /// What a copy that nobody uses holds.
  std::vector<Client> copied() {
    LocalCopy copy(copyPath());
    EXPECT_TRUE(copy.open());
    return *copy.page("", 100'000);
  }

  std::shared_ptr<SharedData> data_ = std::make_shared<SharedData>();
  test::TemporaryFolder folder_;
};

TEST_F(Registry, KnowsAllClientsWhenStartReturns) {
  for (int i = 0; i < 25'000; ++i) given("c" + std::to_string(i), 10 + i);
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  EXPECT_EQ(proxy.registry.size(), 25'000U);
  EXPECT_EQ(proxy.capacityOf("c24999"), 25'009);
  EXPECT_TRUE(proxy.registry.status().connected);
  EXPECT_FALSE(proxy.registry.status().degraded);
  EXPECT_EQ(proxy.registry.status().revision, 25'000U);
}

TEST_F(Registry, AWriteIsInForceWhenItsAnswerComes) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  EXPECT_EQ(proxy.put("a", 7).status, WriteStatus::Created);
  EXPECT_EQ(proxy.registry.find("a")->limit.capacity, 7);
  EXPECT_EQ(proxy.spend("a", 10), 7);
  EXPECT_EQ(proxy.put("a", 9).status, WriteStatus::Updated);
  EXPECT_EQ(proxy.capacityOf("a"), 9);
  EXPECT_EQ(proxy.remove("a").status, WriteStatus::Deleted);
  EXPECT_EQ(proxy.registry.find("a"), nullptr);
  EXPECT_EQ(proxy.capacityOf("a"), 100) << "the default";
}

TEST_F(Registry, AnAnswerNeverComesWithinTheCall) {
  Proxy proxy;
  bool answered = false;
  proxy.registry.write({}, [&](const WriteResult&) { answered = true; });
  EXPECT_FALSE(answered);
  proxy.turnUntil([&] { return answered; });
}

TEST_F(Registry, ABatchIsInForceWhenItsAnswerComes) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  std::vector<Client> clients(3);
  for (size_t i = 0; i < clients.size(); ++i) {
    clients[i].id = "b" + std::to_string(i);
    clients[i].limit = {5, 0};
  }
  EXPECT_EQ(proxy.batch(clients).created, 3U);
  EXPECT_EQ(proxy.capacityOf("b2"), 5);
  EXPECT_EQ(proxy.registry.find("b1")->revision, 1U);
}

TEST_F(Registry, ListsByPrefixInTheOrderOfIds) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  for (const char* id : {"b2", "a1", "b10", "b1", "c"}) proxy.put(id, 1);
  const auto ids = [&](std::string_view prefix, std::string_view after, size_t limit) {
    std::string text;
    for (const Client* client : proxy.registry.list(prefix, after, limit)) text += client->id + " ";
    return text;
  };
  EXPECT_EQ(ids("", "", 10), "a1 b1 b10 b2 c ");
  EXPECT_EQ(ids("b", "", 2), "b1 b10 ");
  EXPECT_EQ(ids("b", "b10", 2), "b2 ");
  EXPECT_EQ(ids("b", "a", 1), "b1 ");
  EXPECT_EQ(ids("b", "c", 1), "");
  EXPECT_EQ(ids("x", "", 1), "");
}

TEST_F(Registry, ChangesThroughOneProxyReachTheOther) {
  Proxy one("one");
  Proxy two("two");
  ASSERT_TRUE(one.start(store()));
  ASSERT_TRUE(two.start(store()));
  one.put("a", 7);
  two.turnUntil([&] { return two.capacityOf("a") == 7; });
  two.put("a", 8);
  one.turnUntil([&] { return one.capacityOf("a") == 8; });
  one.remove("a");
  two.turnUntil([&] { return two.registry.find("a") == nullptr; });
  EXPECT_EQ(two.registry.status().revision, 3U);
}

TEST_F(Registry, EditingTheSameClientThroughTwoProxiesEndsTheSameEverywhere) {
  Proxy one("one");
  Proxy two("two");
  ASSERT_TRUE(one.start(store()));
  ASSERT_TRUE(two.start(store()));
  const auto edit = [](Proxy& proxy, double capacity, int& left) {
    Write write;
    write.client.id = "a";
    write.client.limit = {capacity, 0};
    proxy.registry.write(write, [&left](const WriteResult&) { --left; });
  };
  int left = 400;
  for (int i = 0; i < 200; ++i) {
    edit(one, 1 + i, left);
    edit(two, 1001 + i, left);
  }
  while (left > 0) {
    one.loop.runOnce(false);
    two.loop.runOnce(false);
  }
  double last = 0;
  {
    const std::scoped_lock lock(data_->mutex);
    last = data_->store.page("", 1)->front().limit.capacity;
  }
  for (Proxy* proxy : {&one, &two}) {
    proxy->turnUntil([&] { return proxy->registry.status().revision == 400; });
    EXPECT_EQ(proxy->capacityOf("a"), last);
    EXPECT_EQ(proxy->registry.find("a")->revision, 400U);
  }
}

TEST_F(Registry, AStaleWriteTellsAndTeachesWhatStandsThere) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  proxy.put("a", 1);
  Write write;
  write.client.id = "a";
  write.client.limit = {2, 0};
  write.ifRevision = 99;
  const WriteResult stale = proxy.write(write);
  EXPECT_EQ(stale.status, WriteStatus::Stale);
  EXPECT_EQ(stale.client->limit.capacity, 1);
}

TEST_F(Registry, WhileTheStoreIsDownDecisionsGoOnAndWritesAreUnavailable) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  proxy.put("a", 7);
  data_->down = true;
  proxy.turnUntilConnected(false);
  const StoreStatus status = proxy.registry.status();
  EXPECT_TRUE(status.degraded);
  EXPECT_EQ(status.lastError, "out of reach");
  EXPECT_EQ(proxy.stats.gauge("store.degraded"), 1);

  const WriteResult refused = proxy.put("a", 8);
  EXPECT_EQ(refused.status, WriteStatus::Unavailable);
  EXPECT_GE(refused.retryAfter, 1s);
  EXPECT_FALSE(refused.message.empty());
  EXPECT_EQ(proxy.batch({Client()}).status, WriteStatus::Unavailable);
  EXPECT_EQ(proxy.spend("a", 10), 7);

  data_->down = false;
  proxy.turnUntilConnected(true);
  EXPECT_EQ(proxy.put("a", 8).status, WriteStatus::Updated);
  EXPECT_EQ(proxy.stats.counter("store.reconnects"), 1U);
  EXPECT_EQ(proxy.stats.gauge("store.degraded"), 0);
}

TEST_F(Registry, AFailedWriteIsUnavailableAndTheStoreIsProvedBeforeTheNext) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  data_->readOnly = true;
  EXPECT_EQ(proxy.put("a", 7).status, WriteStatus::Unavailable);
  proxy.turnUntilConnected(false);
  data_->readOnly = false;
  proxy.turnUntilConnected(true);
  EXPECT_EQ(proxy.put("a", 7).status, WriteStatus::Created);
}

TEST_F(Registry, WhatOthersDidDuringAnOutageIsLearntAfterIt) {
  given("gone", 1);
  given("stays", 2);
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  data_->down = true;
  proxy.turnUntilConnected(false);
  givenRemoval("gone");
  given("new", 3);
  const int pages = data_->pages;
  data_->down = false;
  proxy.turnUntil([&] { return proxy.registry.find("new") != nullptr; });
  EXPECT_EQ(proxy.registry.find("gone"), nullptr);
  EXPECT_EQ(proxy.capacityOf("stays"), 2);
  EXPECT_EQ(data_->pages, pages) << "the changes were enough";
}

TEST_F(Registry, AfterAnOutageLongerThanDeletionsAreKeptEverythingIsReadAgain) {
  given("gone", 1);
  given("stays", 2);
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  data_->down = true;
  proxy.turnUntilConnected(false);
  givenRemoval("gone");
  {
    const std::scoped_lock lock(data_->mutex);
    ASSERT_TRUE(data_->store.forgetRemovals(2));
  }
  data_->down = false;
  proxy.turnUntilConnected(true);
  EXPECT_EQ(proxy.registry.find("gone"), nullptr);
  EXPECT_EQ(proxy.capacityOf("gone"), 100) << "the default";
  EXPECT_EQ(proxy.registry.size(), 1U);
}

TEST_F(Registry, AnotherDatabaseInPlaceOfTheFirstIsReadWhole) {
  given("a", 1);
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  data_->down = true;
  proxy.turnUntilConnected(false);
  {
    const std::scoped_lock lock(data_->mutex);
    data_->store = MemoryStore();
    data_->identity = "second";
  }
  given("b", 2);
  data_->down = false;
  proxy.turnUntilConnected(true);
  EXPECT_EQ(proxy.registry.find("a"), nullptr);
  EXPECT_EQ(proxy.capacityOf("b"), 2);
}

TEST_F(Registry, AColdStartWithoutStoreAndCopyGoesOnWithTheDefaultsAndLearnsLater) {
  given("a", 7);
  data_->down = true;
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store(), {}, 50ms));
  EXPECT_TRUE(proxy.registry.status().degraded);
  EXPECT_EQ(proxy.spend("a", 1000), 100);
  EXPECT_EQ(proxy.put("b", 1).status, WriteStatus::Unavailable);
  data_->down = false;
  proxy.turnUntilConnected(true);
  EXPECT_EQ(proxy.capacityOf("a"), 7);
  EXPECT_EQ(proxy.spend("a", 1000), 0) << "what was spent stays spent";
}

TEST_F(Registry, AColdStartWithoutStoreGoesOnWithTheLocalCopy) {
  given("gone", 3);
  given("changed", 4);
  {
    Proxy proxy;
    ASSERT_TRUE(proxy.start(store(), copyPath()));
    proxy.put("own", 6);
    EXPECT_EQ(proxy.spend("own", 4), 4);
  }
  data_->down = true;
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store(), copyPath(), 50ms));
  EXPECT_TRUE(proxy.registry.status().degraded);
  EXPECT_EQ(proxy.capacityOf("gone"), 3);
  EXPECT_EQ(proxy.spend("own", 10), 2) << "its bucket is in the copy, too";

  givenRemoval("gone");
  given("changed", 5);
  data_->down = false;
  proxy.turnUntilConnected(true);
  EXPECT_EQ(proxy.registry.find("gone"), nullptr);
  EXPECT_EQ(proxy.capacityOf("changed"), 5);
  EXPECT_EQ(proxy.spend("own", 10), 0);
}

TEST_F(Registry, TheLocalCopyFollowsWhatEverybodyDoes) {
  for (int i = 0; i < 12'000; ++i) given("c" + std::to_string(i), 1);
  {
    Proxy proxy;
    Proxy other("other");
    ASSERT_TRUE(proxy.start(store(), copyPath()));
    ASSERT_TRUE(other.start(store()));
    proxy.put("c1", 2);
    other.put("c2", 3);
    other.remove("c3");
    proxy.turnUntil([&] { return proxy.registry.find("c3") == nullptr; });
  }
  {  // The first run may have ended before all pages were copied; the second one finds out.
    Proxy proxy;
    ASSERT_TRUE(proxy.start(store(), copyPath()));
    proxy.put("last", 4);
    int changes = data_->changes;
    proxy.turnUntil([&] { return data_->changes > changes + 2; });
  }
  std::map<std::string, double> capacities;
  for (const Client& client : copied()) capacities[client.id] = client.limit.capacity;
  EXPECT_EQ(capacities.size(), 12'000U);
  EXPECT_EQ(capacities["c1"], 2);
  EXPECT_EQ(capacities["c2"], 3);
  EXPECT_EQ(capacities["last"], 4);
  EXPECT_FALSE(capacities.contains("c3"));
}

TEST_F(Registry, AnUnusableStoreIsAnErrorOfTheStart) {
  data_->unusable = true;
  Proxy proxy;
  const base::Status started = proxy.start(store());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "/no/such/place: cannot be written");
}

TEST_F(Registry, AnUnusableLocalCopyIsAnErrorOfTheStart) {
  Proxy proxy;
  const base::Status started = proxy.start(store(), "/no/such/place/copy.db");
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message.find("/no/such/place/copy.db"), std::string::npos);
}

TEST_F(Registry, StopDoesWhatWasAskedBefore) {
  {
    Proxy proxy;
    ASSERT_TRUE(proxy.start(store()));
    Write write;
    write.client.id = "a";
    proxy.registry.write(write, [](const WriteResult&) { FAIL() << "nobody hears of it"; });
    proxy.spend("x", 40);
  }
  ASSERT_EQ(savedBuckets().size(), 1U);
  EXPECT_EQ(savedBuckets().front().id, "x");
  const std::scoped_lock lock(data_->mutex);
  EXPECT_EQ(data_->store.page("", 10)->size(), 1U);
}

TEST_F(Registry, MoreWritesThanMayWaitAreUnavailable) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  size_t done = 0;
  size_t refused = 0;
  const std::unique_lock lock(data_->mutex);  // the store thread stands still
  for (size_t i = 0; i < ClientRegistry::kMaxPending + 3; ++i) {
    Write write;
    write.client.id = "c" + std::to_string(i);
    proxy.registry.write(write, [&](const WriteResult& result) {
      ++done;
      refused += result.status == WriteStatus::Unavailable ? 1 : 0;
    });
  }
  proxy.turnUntil([&] { return done == 3; });
  EXPECT_EQ(refused, 3U);
}

}  // namespace
}  // namespace headgate::limits
