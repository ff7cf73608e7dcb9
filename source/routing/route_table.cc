#include "source/routing/route_table.h"

#include <algorithm>

namespace headgate::routing {
namespace {

PathIndex& indexOfPort(std::vector<std::pair<uint16_t, PathIndex>>& byPort, uint16_t port) {
  const auto place = std::lower_bound(byPort.begin(), byPort.end(), port,
                                      [](const auto& entry, uint16_t value) { return entry.first < value; });
  if (place != byPort.end() && place->first == port) return place->second;
  return byPort.emplace(place, port, PathIndex())->second;
}

}  // namespace

struct RouteTable::Request {
  const http::MessageHead& head;
  std::string_view path;  ///< without query
  uint16_t port;
};

RouteTable::RouteTable(std::vector<Route> routes) : routes_(std::move(routes)) {
  uint32_t splits = 0;
  for (uint32_t i = 0; i < routes_.size(); ++i) {
    if (routes_[i].clusters.size() > 1) routes_[i].split = splits++;
    const MatchConfig& match = routes_[i].config.match;
    Host& host = hostOf(match);
    (match.port == 0 ? host.anyPort : indexOfPort(host.byPort, match.port)).add(i, match);
  }
}

RouteTable::Host& RouteTable::hostOf(const MatchConfig& match) {
  if (match.host == "*") return anyHost_;
  if (!match.host.starts_with('*')) return exact_[match.host];
  longestSuffix_ = std::max(longestSuffix_, match.host.size() - 1);
  return suffixes_[match.host.substr(1)];
}

const Route* RouteTable::match(const http::MessageHead& head) const {
  const Authority authority = splitAuthority(head.authority);
  const uint16_t implied = head.scheme == "https" ? 443 : 80;
  const Request request{head, head.pathWithoutQuery(), authority.port != 0 ? authority.port : implied};
  if (!exact_.empty()) {
    const auto found = exact_.find(authority.host);
    if (found != exact_.end()) {
      if (const Route* route = matchIn(found->second, request)) return route;
    }
  }
  if (!suffixes_.empty()) {
    if (const Route* route = matchSuffix(authority.host, request)) return route;
  }
  return matchIn(anyHost_, request);
}

// The longest suffix first; none that is longer than any in the file, however many dots a host has.
const Route* RouteTable::matchSuffix(std::string_view host, const Request& request) const {
  const size_t start = host.size() > longestSuffix_ ? host.size() - longestSuffix_ : 1;
  for (size_t dot = host.find('.', start); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
    const auto found = suffixes_.find(host.substr(dot));
    if (found == suffixes_.end()) continue;
    if (const Route* route = matchIn(found->second, request)) return route;
  }
  return nullptr;
}

const Route* RouteTable::matchIn(const Host& host, const Request& request) const {
  const auto named = std::lower_bound(host.byPort.begin(), host.byPort.end(), request.port,
                                      [](const auto& entry, uint16_t port) { return entry.first < port; });
  if (named != host.byPort.end() && named->first == request.port) {
    if (const Route* route = matchAt(named->second, request)) return route;
  }
  return matchAt(host.anyPort, request);
}

const Route* RouteTable::matchAt(const PathIndex& paths, const Request& request) const {
  const uint32_t found = paths.find(request.path, [&](uint32_t index) {
    const Route& route = routes_[index];
    if (!route.conditional) return true;
    const MatchConfig& match = route.config.match;
    return match.conditionsHold(request.head) && (match.pathKind != PathKind::Regex || match.pathFits(request.path));
  });
  return found == PathIndex::kNone ? nullptr : &routes_[found];
}

}  // namespace headgate::routing
