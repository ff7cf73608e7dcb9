#pragma once
// Routes that no request can reach.

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "source/routing/route_config.h"

namespace headgate::routing {

/// A route all of whose requests an earlier one takes.
struct Shadow {
  size_t route;
  size_t by;
};

/// What can be told for certain: the earlier route has the same host and port, a path that covers the later one's, and
/// no condition that the later one has not. A later route looks at most at kMaxCompared earlier ones that share its
/// place, so that ten thousand routes are checked in a moment. Main thread.
inline constexpr size_t kMaxCompared = 1000;
[[nodiscard]] std::vector<Shadow> findShadowed(std::span<const RouteConfig> routes);

/// For messages: why no request matches, wherever the route stands; nothing if one may.
[[nodiscard]] std::optional<std::string> whyUnreachable(const RouteConfig& route);

}  // namespace headgate::routing
