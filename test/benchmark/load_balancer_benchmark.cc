// A pick must stay under 100 ns with a thousand hosts.

#include <benchmark/benchmark.h>

#include "source/upstream/lb/hash.h"
#include "source/upstream/load_balancer.h"

namespace headgate::upstream {
namespace {

void pick(benchmark::State& state, LbPolicy policy) {
  auto members = std::make_shared<Members>();
  for (int i = 0; i < state.range(0); ++i) {
    const auto address = net::Address::parse("127.0.0.1:" + std::to_string(1000 + i));
    members->push_back(std::make_shared<Host>(*address, static_cast<uint32_t>(1 + i % 3)));
  }
  const HostSet hosts = makeHostSet(std::move(members));
  BalancerState shared;
  const auto balancer = makeLoadBalancer(policy, hosts, shared);
  uint64_t random = 1;
  for (auto _ : state) {
    random = random * 6364136223846793005 + 1442695040888963407;
    benchmark::DoNotOptimize(balancer->pick({random, {}, lb::mix(random)}));
  }
}

BENCHMARK_CAPTURE(pick, round_robin, LbPolicy::RoundRobin)->Arg(1)->Arg(8)->Arg(1000);
BENCHMARK_CAPTURE(pick, least_request, LbPolicy::LeastRequest)->Arg(1)->Arg(8)->Arg(1000);
BENCHMARK_CAPTURE(pick, random, LbPolicy::Random)->Arg(1)->Arg(8)->Arg(1000);
BENCHMARK_CAPTURE(pick, ring_hash, LbPolicy::RingHash)->Arg(1)->Arg(8)->Arg(1000);
BENCHMARK_CAPTURE(pick, maglev, LbPolicy::Maglev)->Arg(1)->Arg(8)->Arg(1000);

/// What main does when a host comes or goes.
void build(benchmark::State& state, LbPolicy policy) {
  auto members = std::make_shared<Members>();
  for (int i = 0; i < state.range(0); ++i)
    members->push_back(std::make_shared<Host>(*net::Address::parse("127.0.0.1:" + std::to_string(1000 + i)), 1));
  const HostSet hosts = makeHostSet(std::move(members));
  BalancerState shared;
  for (auto _ : state) benchmark::DoNotOptimize(makeLoadBalancer(policy, hosts, shared));
}

BENCHMARK_CAPTURE(build, round_robin, LbPolicy::RoundRobin)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(build, ring_hash, LbPolicy::RingHash)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(build, maglev, LbPolicy::Maglev)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace headgate::upstream
