// A match must cost the same with ten routes and with ten thousand.

#include <benchmark/benchmark.h>

#include "source/routing/route_table.h"

namespace headgate::routing {
namespace {

void match(benchmark::State& state) {
  std::vector<Route> routes;
  for (int i = 0; i < state.range(0); ++i) {
    Route route;
    route.config.match.host = i % 2 == 0 ? "*" : "host" + std::to_string(i % 100) + ".example";
    route.config.match.path = "/service" + std::to_string(i) + "/v1";
    routes.push_back(std::move(route));
  }
  const RouteTable table(std::move(routes));
  for (auto _ : state) benchmark::DoNotOptimize(table.match("host1.example:8080", "/service0/v1/items/42"));
}
BENCHMARK(match)->Arg(10)->Arg(10000);

}  // namespace
}  // namespace headgate::routing
