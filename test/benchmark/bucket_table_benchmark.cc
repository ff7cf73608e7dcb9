// A decision must take at most 50 ns on a warm bucket and 300 ns over a million clients drawn by Zipf; threads on one
// bucket show what contention costs.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "source/limits/bucket_table.h"

namespace headgate::limits {
namespace {

const base::RealClock kClock;

std::string idOf(size_t number) { return "client-" + std::to_string(number); }

/// A table with that many clients, made once for each size; a million take some 150 MB.
BucketTable& tableOf(size_t clients) {
  static std::vector<std::pair<size_t, std::unique_ptr<BucketTable>>> tables;
  for (const auto& [size, table] : tables) {
    if (size == clients) return *table;
  }
  auto table = std::make_unique<BucketTable>(LimitSpec{1e9, 1e9}, clients, kClock);
  TableView view(*table);
  for (size_t i = 0; i < clients; ++i)
    (void)view.take(idOf(i), kToken, kClock.monotonic(), TableView::IfUnknown::Track);
  return *tables.emplace_back(clients, std::move(table)).second;
}

/// Ids drawn by Zipf with exponent 1, in advance: drawing is not what is measured.
std::vector<std::string> draw(size_t clients, size_t count) {
  std::vector<double> sums(clients);
  double sum = 0;
  for (size_t i = 0; i < clients; ++i) sums[i] = sum += 1 / static_cast<double>(i + 1);
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, sum);
  // Which client has which rank is as random as in life.
  std::vector<size_t> ranks(clients);
  for (size_t i = 0; i < clients; ++i) ranks[i] = i;
  std::shuffle(ranks.begin(), ranks.end(), random);
  std::vector<std::string> ids;
  for (size_t i = 0; i < count; ++i) {
    ids.push_back(
        idOf(ranks[static_cast<size_t>(std::lower_bound(sums.begin(), sums.end(), uniform(random)) - sums.begin())]));
  }
  return ids;
}

void warm(benchmark::State& state) {
  BucketTable& table = tableOf(10);
  TableView view(table);
  base::MonotonicTime now = kClock.monotonic();
  for (auto _ : state)
    benchmark::DoNotOptimize(view.take("client-7", kToken, now += 1000, TableView::IfUnknown::Track));
}
BENCHMARK(warm);

void refused(benchmark::State& state) {
  BucketTable table({1, 0}, 10, kClock);
  TableView view(table);
  base::MonotonicTime now = kClock.monotonic();
  for (auto _ : state)
    benchmark::DoNotOptimize(view.take("client-7", kToken, now += 1000, TableView::IfUnknown::Track));
}
BENCHMARK(refused);

void zipf(benchmark::State& state) {
  const auto clients = static_cast<size_t>(state.range(0));
  BucketTable& table = tableOf(clients);
  TableView view(table);
  const std::vector<std::string> ids = draw(clients, 1 << 20);
  base::MonotonicTime now = kClock.monotonic();
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(view.take(ids[at], kToken, now += 1000, TableView::IfUnknown::Track));
    at = (at + 1) & ((1 << 20) - 1);
  }
}
BENCHMARK(zipf)->Arg(10)->Arg(10'000)->Arg(1'000'000);

/// New ids without end in a full table: each drops one and adds one.
void strangers(benchmark::State& state) {
  BucketTable table({10, 1e9}, 10'000, kClock);
  TableView view(table);
  base::MonotonicTime now = kClock.monotonic();
  uint64_t number = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(view.take(idOf(number++), kToken, now += 1000, TableView::IfUnknown::Track));
}
BENCHMARK(strangers);

void contended(benchmark::State& state) {
  static BucketTable table({1e9, 1e9}, 10, kClock);
  TableView view(table);
  base::MonotonicTime now = kClock.monotonic();
  for (auto _ : state)
    benchmark::DoNotOptimize(view.take("client-7", kToken, now += 1000, TableView::IfUnknown::Track));
}
BENCHMARK(contended)->ThreadRange(1, 8)->UseRealTime();

}  // namespace
}  // namespace headgate::limits
