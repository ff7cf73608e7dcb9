// The price of a counter: a worker pays it several times a request.

#include <benchmark/benchmark.h>

#include "source/stats/registry.h"

namespace headgate::stats {
namespace {

Registry& registry() {
  static Registry instance;
  return instance;
}

// Each thread has its own shard, as workers have.
void counterInc(benchmark::State& state) {
  Counter counter = registry().addShard().counter("requests");
  for (auto _ : state) {
    counter.inc();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(counterInc)->Threads(1)->Threads(4);

void gaugeIncDec(benchmark::State& state) {
  Gauge gauge = registry().addShard().gauge("active");
  for (auto _ : state) {
    gauge.inc();
    benchmark::ClobberMemory();
    gauge.dec();
    benchmark::ClobberMemory();
  }
}
BENCHMARK(gaugeIncDec);

void histogramRecord(benchmark::State& state) {
  Histogram histogram = registry().addShard().histogram("time_us");
  uint64_t value = 1;
  for (auto _ : state) {
    value = value * 6364136223846793005U + 1442695040888963407U;
    histogram.record(value >> 44);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(histogramRecord);

// What a scrape of one name costs the reader.
void counterSum(benchmark::State& state) {
  Registry own;
  for (int shard = 0; shard < 64; ++shard) own.addShard().counter("requests").inc();
  for (auto _ : state) benchmark::DoNotOptimize(own.counter("requests"));
}
BENCHMARK(counterSum);

}  // namespace
}  // namespace headgate::stats
