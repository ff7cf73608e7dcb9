#include "source/stats/registry.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace headgate::stats {
namespace {

TEST(Registry, SumsACounterOverItsShards) {
  Registry registry;
  Counter one = registry.addShard().counter("requests");
  Counter two = registry.addShard().counter("requests");
  one.inc();
  two.add(41);
  EXPECT_EQ(registry.counter("requests"), 42U);
  EXPECT_EQ(one.value(), 1U);
}

TEST(Registry, ReadsAnUnknownNameAsZero) {
  const Registry registry;
  EXPECT_EQ(registry.counter("nobody"), 0U);
  EXPECT_EQ(registry.gauge("nobody"), 0);
  EXPECT_EQ(registry.histogram("nobody").count(), 0U);
}

TEST(Registry, SumsGaugesWhosePartsAreNegative) {
  Registry registry;
  Gauge one = registry.addShard().gauge("active");
  Gauge two = registry.addShard().gauge("active");
  one.add(5);
  two.dec();
  two.dec();
  EXPECT_EQ(two.value(), -2);
  EXPECT_EQ(registry.gauge("active"), 3);
  one.set(-7);
  EXPECT_EQ(registry.gauge("active"), -9);
}

TEST(Registry, MergesHistogramsOfAllShards) {
  Registry registry;
  Histogram one = registry.addShard().histogram("time_us");
  Histogram two = registry.addShard().histogram("time_us");
  one.record(10);
  two.record(30);
  const HistogramSnapshot merged = registry.histogram("time_us");
  EXPECT_EQ(merged.count(), 2U);
  EXPECT_EQ(merged.sum(), 40U);
  EXPECT_EQ(merged.max(), 30U);
}

TEST(Registry, KeepsACounterAndAGaugeOfOneNameApart) {
  Registry registry;
  Shard& shard = registry.addShard();
  Counter counter = shard.counter("same");
  Gauge gauge = shard.gauge("same");
  counter.add(3);
  gauge.set(-1);
  EXPECT_EQ(registry.counter("same"), 3U);
  EXPECT_EQ(registry.gauge("same"), -1);
}

TEST(Registry, ListsNamesInOrder) {
  Registry registry;
  Shard& shard = registry.addShard();
  shard.counter("b").inc();
  shard.counter("a").add(2);
  shard.gauge("g").set(9);
  shard.histogram("h").record(1);
  std::vector<std::pair<std::string, uint64_t>> seen;
  registry.forEachCounter([&](std::string_view name, uint64_t value) { seen.emplace_back(name, value); });
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, uint64_t>>{{"a", 2}, {"b", 1}}));
  registry.forEachGauge([&](std::string_view name, int64_t value) {
    EXPECT_EQ(name, "g");
    EXPECT_EQ(value, 9);
  });
  registry.forEachHistogram([&](std::string_view name, const HistogramSnapshot& taken) {
    EXPECT_EQ(name, "h");
    EXPECT_EQ(taken.count(), 1U);
  });
}

TEST(Shard, GivesTheSameCellForTheSameName) {
  Registry registry;
  Shard& shard = registry.addShard();
  Counter first = shard.counter("x");
  Counter second = shard.counter("x");
  first.inc();
  second.inc();
  EXPECT_EQ(first.value(), 2U);
}

TEST(Shard, NeverMovesACellWhenThousandsAreAdded) {
  Registry registry;
  Shard& shard = registry.addShard();
  std::vector<Counter> counters;
  for (int i = 0; i < 3000; ++i) {
    counters.push_back(shard.counter("c" + std::to_string(i)));
    counters.front().inc();
    counters.back().inc();
  }
  EXPECT_EQ(registry.counter("c0"), 3001U);
  EXPECT_EQ(registry.counter("c2999"), 1U);
}

TEST(Shard, BindsALateNameWithoutTheCellsBeforeIt) {
  Registry registry;
  Shard& full = registry.addShard();
  for (int i = 0; i < 2000; ++i) (void)full.counter("c" + std::to_string(i));
  Shard& sparse = registry.addShard();
  sparse.counter("c1999").add(5);
  EXPECT_EQ(registry.counter("c1999"), 5U);
  EXPECT_EQ(registry.counter("c3"), 0U);
}

TEST(Registry, MayBeReadAndBoundWhileWorkersCount) {
  Registry registry;
  constexpr int kThreads = 3;
  constexpr uint64_t kEach = 20'000;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    uint64_t last = 0;
    while (!done.load()) {
      const uint64_t now = registry.counter("total");
      EXPECT_GE(now, last);
      last = now;
      (void)registry.histogram("sizes").percentile(99);
    }
  });
  std::vector<std::thread> workers;
  for (int worker = 0; worker < kThreads; ++worker) {
    workers.emplace_back([&registry, worker] {
      Shard& shard = registry.addShard();
      Counter total = shard.counter("total");
      Histogram sizes = shard.histogram("sizes");
      for (uint64_t i = 0; i < kEach; ++i) {
        total.inc();
        sizes.record(i);
        if (i % 1000 == 0) shard.counter("late" + std::to_string(worker) + "." + std::to_string(i)).inc();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  done.store(true);
  reader.join();
  EXPECT_EQ(registry.counter("total"), kThreads * kEach);
  EXPECT_EQ(registry.histogram("sizes").count(), kThreads * kEach);
}

}  // namespace
}  // namespace headgate::stats
