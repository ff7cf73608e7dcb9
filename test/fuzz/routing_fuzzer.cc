// Any bytes as routes and requests: the table finds what asking every route in turn would find.
//
// A line each. "r" and the elements of a match, separated by spaces (host, kind of path, path, method, header value;
// each may be missing), is a route; "q" and host, path, method, header value is a request. What the reader of the
// config refuses is left out, and so is what no codec would let through.

#include <fmt/format.h>

#include "source/config/errors.h"
#include "source/config/loader.h"
#include "source/http/path.h"
#include "source/routing/route_table.h"
#include "source/routing/shadowing.h"
#include "test/fuzz/fuzz_check.h"

namespace headgate::routing {
namespace {

using Words = std::array<std::string, 5>;

Words wordsOf(std::string_view line) {
  Words words;
  for (std::string& word : words) {
    const size_t end = std::min(line.find(' '), line.size());
    word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

std::string member(std::string_view key, const std::string& value) {
  return value.empty() ? "" : fmt::format(R"(,"{}":{})", key, value);
}

std::string quoted(const std::string& text) { return text.empty() ? "" : config::quotedText(text, 2000); }

std::optional<RouteConfig> readRoute(const Words& words) {
  const auto& [host, kind, path, method, value] = words;
  const std::string match =
      member("host", quoted(host)) +
      member(kind == "e"   ? "path_exact"
             : kind == "x" ? "path_regex"
                           : "path",
             quoted(path)) +
      member("methods", method.empty() ? "" : "[" + quoted(method) + "]") +
      member("headers", value.empty() ? "" : fmt::format(R"({{"x":{{"prefix":{}}}}})", quoted(value)));
  config::Document document = config::loadText(
      "t", fmt::format(R"({{"cluster":"a","match":{{{}}}}})", match.empty() ? "" : match.substr(1)), {});
  if (!document.root) return std::nullopt;
  config::Object object(*document.root, document.errors);
  RouteConfig route = readRouteConfig(object);
  if (!document.errors.empty()) return std::nullopt;
  return route;
}

/// How specific the route's host is for this one; nothing if it is not for it.
std::optional<size_t> rankOf(const MatchConfig& match, std::string_view host, uint16_t port) {
  if (match.port != 0 && match.port != port) return std::nullopt;
  const size_t portRank = match.port != 0 ? 1 : 0;
  if (match.host == "*") return portRank;
  if (!match.host.starts_with('*')) return match.host == host ? std::optional(10'000 + portRank) : std::nullopt;
  const std::string_view suffix = std::string_view(match.host).substr(1);
  if (host.size() <= suffix.size() || !host.ends_with(suffix)) return std::nullopt;
  return 2 * suffix.size() + portRank;
}

/// The definition: the most specific host first, then the order of the file.
const RouteConfig* slowMatch(const std::vector<RouteConfig>& routes, const http::MessageHead& head) {
  const Authority authority = splitAuthority(head.authority);
  const uint16_t port = authority.port != 0 ? authority.port : uint16_t{80};
  const RouteConfig* best = nullptr;
  size_t bestRank = 0;
  for (const RouteConfig& route : routes) {
    const auto rank = rankOf(route.match, authority.host, port);
    if (!rank || !route.match.pathFits(head.pathWithoutQuery()) || !route.match.conditionsHold(head)) continue;
    if (best != nullptr && *rank <= bestRank) continue;
    best = &route;
    bestRank = *rank;
  }
  return best;
}

void ask(const RouteTable& table, const std::vector<RouteConfig>& routes, const std::vector<Shadow>& shadows,
         const Words& words) {
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  const auto path = words[1] == "*" ? base::Result<std::string_view>("*") : http::normalizeTarget(words[1], arena);
  if (!path) return;
  http::MessageHead head(arena);
  head.scheme = "http";
  head.authority = words[0];
  head.path = *path;
  head.methodText = words[2];
  head.method = http::parseMethod(words[2]);
  if (!words[3].empty()) head.headers.addCopy("x", words[3]);

  const Route* found = table.match(head);
  const RouteConfig* expected = slowMatch(routes, head);
  const std::string details = fmt::format("host {} path {} method {}", words[0], *path, words[2]);
  fuzz::require((found == nullptr) == (expected == nullptr), "the table finds a route if there is one", details);
  if (found == nullptr) return;
  fuzz::require(found->config.cluster == expected->cluster, "the table finds the first route", details);
  for (const Shadow& shadow : shadows) {
    fuzz::require(found->config.cluster != std::to_string(shadow.route),
                  "no request reaches what is said to be shadowed", details);
  }
}

}  // namespace
}  // namespace headgate::routing

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headgate;
  using namespace headgate::routing;
  constexpr size_t kMostLines = 64;
  std::string_view text = fuzz::textOf(data, size);
  std::vector<RouteConfig> routes;
  std::vector<Words> requests;
  for (size_t lines = 0; !text.empty() && lines < kMostLines; ++lines) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.starts_with("r ")) {
      if (auto route = readRoute(wordsOf(line.substr(2)))) {
        route->cluster = std::to_string(routes.size());
        routes.push_back(std::move(*route));
      }
    } else if (line.starts_with("q ")) {
      requests.push_back(wordsOf(line.substr(2)));
    }
  }
  const std::vector<Shadow> shadows = findShadowed(routes);
  std::vector<Route> entries;
  for (const RouteConfig& route : routes) entries.emplace_back(route);
  const RouteTable table(std::move(entries));
  for (const Words& request : requests) ask(table, routes, shadows, request);
  return 0;
}
