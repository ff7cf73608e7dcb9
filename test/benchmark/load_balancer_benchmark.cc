// A pick must stay under 100 ns with a thousand hosts.

#include <benchmark/benchmark.h>

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
    benchmark::DoNotOptimize(balancer->pick({random, {}}));
  }
}

BENCHMARK_CAPTURE(pick, round_robin, LbPolicy::RoundRobin)->Arg(1)->Arg(8)->Arg(1000);
BENCHMARK_CAPTURE(pick, least_request, LbPolicy::LeastRequest)->Arg(1)->Arg(8)->Arg(1000);
BENCHMARK_CAPTURE(pick, random, LbPolicy::Random)->Arg(1)->Arg(8)->Arg(1000);

}  // namespace
}  // namespace headgate::upstream
