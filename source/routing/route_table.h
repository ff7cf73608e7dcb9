#pragma once
// Finds the route of a request.

#include <absl/container/flat_hash_map.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/string_hash.h"
#include "source/http/message.h"
#include "source/routing/path_index.h"
#include "source/routing/route.h"

namespace headgate::routing {

/// The routes of one listener. Asked first are those of the request's own host, then those of the suffixes that it has,
/// the longest first, then those of "*"; of one host first those that name the request's port. Among them the first in
/// the order of the file that fits wins. Cost grows with the dots of the host, the `/` of the path and the routes that
/// only other conditions tell apart (PathIndex), not with the number of routes. Immutable after construction; shared by
/// all threads; a match allocates nothing (but see Regex).
class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes);
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  /// `head`: of a valid request, in its canonical form. Null if nothing matches.
  [[nodiscard]] const Route* match(const http::MessageHead& head) const;

 private:
  /// What can be had of one host.
  struct Host {
    std::vector<std::pair<uint16_t, PathIndex>> byPort;  ///< sorted
    PathIndex anyPort;
  };
  struct Request;

  Host& hostOf(const MatchConfig& match);
  [[nodiscard]] const Route* matchIn(const Host& host, const Request& request) const;
  [[nodiscard]] const Route* matchAt(const PathIndex& paths, const Request& request) const;
  [[nodiscard]] const Route* matchSuffix(std::string_view host, const Request& request) const;

  using Hosts = absl::flat_hash_map<std::string, Host, base::StringHash, base::StringEqual>;

  std::vector<Route> routes_;
  Hosts exact_;
  Hosts suffixes_;  ///< ".example.com" for "*.example.com"
  size_t longestSuffix_ = 0;
  Host anyHost_;
};

}  // namespace headgate::routing
