#include "source/routing/route_table.h"

#include <algorithm>
#include <limits>

namespace headgate::routing {
namespace {

constexpr uint32_t kNoRoute = std::numeric_limits<uint32_t>::max();

std::string_view withoutPort(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return authority;
  return authority.substr(0, colon);
}

}  // namespace

RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {
  for (uint32_t i = 0; i < routes_.size(); ++i) {
    const MatchConfig& match = routes_[i].config.match;
    Prefixes& prefixes = match.host == "*" ? anyHost_ : hosts_[match.host];
    prefixes.first.try_emplace(match.path, i);  // a later route with the same prefix can never match
    prefixes.longest = std::max(prefixes.longest, match.path.size());
  }
}

const Route* RouteTable::match(std::string_view authority, std::string_view path) const {
  if (!hosts_.empty()) {
    const auto found = hosts_.find(withoutPort(authority));
    if (found != hosts_.end()) {
      if (const Route* route = matchIn(found->second, path)) return route;
    }
  }
  return matchIn(anyHost_, path);
}

// Every prefix that can match ends at a slash, before a slash or at the end of the path: those few are looked up and
// the one that stands first in the file wins.
const Route* RouteTable::matchIn(const Prefixes& prefixes, std::string_view path) const {
  uint32_t best = kNoRoute;
  const auto consider = [&](std::string_view prefix) {
    const auto found = prefixes.first.find(prefix);
    if (found != prefixes.first.end() && found->second < best) best = found->second;
  };
  for (size_t slash = path.find('/'); slash <= prefixes.longest; slash = path.find('/', slash + 1)) {
    if (slash > 0) consider(path.substr(0, slash));
    if (slash + 1 < path.size()) consider(path.substr(0, slash + 1));
  }
  if (path.size() <= prefixes.longest) consider(path);
  if (path == "*") consider("/");  // OPTIONS *
  return best == kNoRoute ? nullptr : &routes_[best];
}

}  // namespace headgate::routing
