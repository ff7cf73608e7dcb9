#pragma once
// Finds the route of a request by host and path.

#include <absl/container/flat_hash_map.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/string_hash.h"
#include "source/routing/route.h"

namespace headgate::routing {

/// The routes of one listener. Those of the request's host are asked first, then those of "*"; within a host the first in the order of the file whose prefix matches wins. Cost grows
/// with the number of `/` in the path, not with the number of routes. Immutable after construction; shared by all threads.
class RouteTable {
 public:
  explicit RouteTable(std::vector<Route> routes);
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  /// `authority`: lower-case host with or without port; the port is ignored. `path`: normalised, without query. Null if nothing matches.
  [[nodiscard]] const Route* match(std::string_view authority, std::string_view path) const;

 private:
  template <typename T>
  using StringMap = absl::flat_hash_map<std::string, T, base::StringHash, base::StringEqual>;
  struct Prefixes {
    StringMap<uint32_t> first;  ///< prefix -> the first route that has it
    size_t longest = 0;         ///< no longer prefix need be looked up, however many slashes a path has
  };
  [[nodiscard]] const Route* matchIn(const Prefixes& prefixes, std::string_view path) const;

  std::vector<Route> routes_;
  StringMap<Prefixes> hosts_;
  Prefixes anyHost_;
};

}  // namespace headgate::routing
