// A match must cost the same with ten routes and with ten thousand, whatever the kind of the routes.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "source/routing/route_table.h"

namespace headgate::routing {
namespace {

/// The match of route number `i`; one of them, number 1, is what each benchmark asks for.
using MakeMatch = MatchConfig (*)(int i);

MatchConfig byPrefix(int i) {
  MatchConfig match;
  match.host = i % 2 == 0 ? "*" : fmt::format("host{}.example", i % 100);
  match.path = fmt::format("/service{}/v1", i);
  return match;
}

MatchConfig byExactPath(int i) {
  MatchConfig match = byPrefix(i);
  match.pathKind = PathKind::Exact;
  match.path += "/items/42";
  return match;
}

MatchConfig bySuffix(int i) {
  MatchConfig match = byPrefix(i);
  match.host = i == 1 ? "*.example" : fmt::format("*.host{}.example", i);
  return match;
}

// Each begins with literal text of its own.
MatchConfig byRegex(int i) {
  MatchConfig match;
  match.pathKind = PathKind::Regex;
  match.path = fmt::format("/service{}/v[0-9]+/items/[0-9]+", i);
  match.pathRegex = *Regex::compile(match.path);
  return match;
}

void match(benchmark::State& state, MakeMatch makeMatch) {
  std::vector<Route> routes;
  for (int i = 0; i < state.range(0); ++i) {
    RouteConfig config;
    config.match = makeMatch(i);
    routes.emplace_back(std::move(config));
  }
  const RouteTable table(std::move(routes));
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  http::MessageHead head(arena);
  head.method = http::Method::Get;
  head.scheme = "http";
  head.authority = "host1.example:8080";
  head.path = "/service1/v1/items/42?page=2";
  if (table.match(head) == nullptr) return state.SkipWithError("nothing matches");
  for (auto _ : state) benchmark::DoNotOptimize(table.match(head));
}
BENCHMARK_CAPTURE(match, prefix, byPrefix)->Arg(10)->Arg(10000);
BENCHMARK_CAPTURE(match, exact, byExactPath)->Arg(10)->Arg(10000);
BENCHMARK_CAPTURE(match, suffix, bySuffix)->Arg(10)->Arg(10000);
BENCHMARK_CAPTURE(match, regex, byRegex)->Arg(10)->Arg(10000);

}  // namespace
}  // namespace headgate::routing
