#pragma once
// What a route says to the filters of its listener's chain.

#include <memory>

namespace headgate::routing {

/// The options of one filter for one route, as the filter's type has read them; each type derives its own. Immutable;
/// made and destroyed on main, read by the filter on any worker, for as long as its stream.
class FilterOptions {
 public:
  virtual ~FilterOptions() = default;
};

/// For one filter of the chain.
struct RouteFilter {
  std::shared_ptr<const FilterOptions> options;  ///< null: the route has none for it
  bool off = false;                              ///< requests of the route pass without it
};

}  // namespace headgate::routing
