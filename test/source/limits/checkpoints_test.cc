#include "source/limits/checkpoints.h"

#include "test/source/limits/proxy.h"
#include "test/source/limits/shared_store.h"
#include "test/support/temporary_folder.h"

namespace headgate::limits {
namespace {

using namespace std::chrono_literals;

class CheckpointsTest : public testing::Test {
 protected:
  std::unique_ptr<Store> store() { return std::make_unique<SharedStore>(data_); }
  std::map<std::string, BucketState> saved(std::string_view node = "n") {
    const std::scoped_lock lock(data_->mutex);
    std::map<std::string, BucketState> states;
    const auto page = data_->store.bucketPage(node, "", 1000);
    for (const BucketCheckpoint& bucket : *page) states[bucket.id] = bucket.state;
    return states;
  }

  std::shared_ptr<SharedData> data_ = std::make_shared<SharedData>();
};

TEST_F(CheckpointsTest, ARestartGrantsNoBurst) {
  {
    Proxy proxy;
    ASSERT_TRUE(proxy.start(store()));
    proxy.put("a", 10);
    EXPECT_EQ(proxy.spend("a", 7), 7);
    EXPECT_EQ(proxy.spend("unknown", 60), 60);
  }
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  EXPECT_EQ(proxy.table.look("a")->state.allowedTotal, 7U);
  EXPECT_EQ(proxy.spend("a", 100), 3);
  EXPECT_EQ(proxy.spend("unknown", 100), 40);
}

TEST_F(CheckpointsTest, BucketsThatCannotBeReadAtFirstAreRestoredLater) {
  {
    Proxy proxy;
    ASSERT_TRUE(proxy.start(store()));
    proxy.put("a", 10);
    EXPECT_EQ(proxy.spend("a", 7), 7);
  }
  data_->bucketsDown = true;
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store(), {}, 50ms));
  EXPECT_TRUE(proxy.registry.status().degraded);
  EXPECT_EQ(proxy.registry.status().lastError, "no buckets");
  data_->bucketsDown = false;
  proxy.turnUntilConnected(true);
  EXPECT_EQ(proxy.spend("a", 100), 3);
}

TEST_F(CheckpointsTest, ElapsedTimeRefillsAndATimeThatWentBackDoesNot) {
  for (const auto& [shift, expected] : {std::pair<base::Duration, int>{100s, 5}, {-3600s, 3}}) {
    data_ = std::make_shared<SharedData>();
    {
      Proxy proxy;
      ASSERT_TRUE(proxy.start(store()));
      proxy.put("a", 10, 0.02);
      EXPECT_EQ(proxy.spend("a", 7), 7);
    }
    Proxy proxy;
    proxy.clock.shift = shift.count();
    ASSERT_TRUE(proxy.start(store()));
    EXPECT_EQ(proxy.spend("a", 100), expected);
  }
}

TEST_F(CheckpointsTest, BucketsBelongToTheirNode) {
  {
    Proxy proxy("one");
    ASSERT_TRUE(proxy.start(store()));
    proxy.put("a", 10);
    proxy.spend("a", 7);
  }
  Proxy proxy("two");
  ASSERT_TRUE(proxy.start(store()));
  EXPECT_EQ(proxy.spend("a", 100), 10);
}

TEST_F(CheckpointsTest, WhatWasUsedIsSavedEveryInterval) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  proxy.put("a", 10);
  proxy.checkpoints.start(10ms);
  proxy.spend("a", 4);
  proxy.turnUntil([&] { return saved()["a"].tokens == 6; });
  proxy.spend("a", 1);
  proxy.turnUntil([&] { return saved()["a"].tokens == 5; });
}

TEST_F(CheckpointsTest, WhatCouldNotBeSavedGoesWithTheNext) {
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store()));
  proxy.put("a", 10);
  proxy.put("b", 10);
  data_->down = true;
  proxy.turnUntilConnected(false);
  proxy.checkpoints.start(10ms);
  proxy.spend("a", 4);
  proxy.turnUntil([&] { return proxy.stats.counter("store.checkpoint_failures") > 0; });
  proxy.spend("b", 5);
  proxy.turnUntil([&] { return proxy.stats.counter("store.checkpoint_failures") > 1; });
  proxy.spend("a", 1);
  data_->down = false;
  proxy.turnUntil([&] { return saved()["a"].tokens == 5 && saved()["b"].tokens == 5; });
}

TEST_F(CheckpointsTest, AFullBucketWithoutARecordIsNotSaved) {
  {
    Proxy proxy("n", {100, 1e9});
    ASSERT_TRUE(proxy.start(store()));
    proxy.put("known", 10, 1e9);
    proxy.spend("known", 1);
    for (int i = 0; i < 100; ++i) proxy.spend("made-up-" + std::to_string(i), 1);
  }
  ASSERT_EQ(saved().size(), 1U);
  EXPECT_EQ(saved().begin()->first, "known");
}

TEST_F(CheckpointsTest, TheLaterOfStoreAndCopyIsRestored) {
  const test::TemporaryFolder folder;
  const std::string copy = folder.path("copy.db");
  {
    Proxy proxy;
    ASSERT_TRUE(proxy.start(store(), copy));
    proxy.put("a", 10);
    proxy.checkpoints.start(10ms);
    proxy.spend("a", 1);
    proxy.turnUntil([&] { return saved()["a"].tokens == 9; });
    data_->down = true;
    proxy.turnUntilConnected(false);
    proxy.spend("a", 5);
  }
  EXPECT_EQ(saved()["a"].tokens, 9) << "the store was down at the end";
  data_->down = false;
  Proxy proxy;
  ASSERT_TRUE(proxy.start(store(), copy));
  EXPECT_EQ(proxy.spend("a", 100), 4);
}

}  // namespace
}  // namespace headgate::limits
