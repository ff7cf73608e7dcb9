#pragma once
// What a matched request is to become.

#include <cstdint>
#include <utility>

#include "source/routing/route_config.h"

namespace headgate::routing {

/// Immutable; lives in its RouteTable, which the stream pins.
struct Route {
  explicit Route(RouteConfig routeConfig, uint32_t cluster = 0)
      : config(std::move(routeConfig)),
        clusterId(cluster),
        conditional(config.match.pathKind == PathKind::Regex || !config.match.methods.empty() ||
                    !config.match.headers.empty() || !config.match.query.empty()) {
    config.source = {};
  }

  RouteConfig config;
  uint32_t clusterId;  ///< upstream::Cluster::id
  bool conditional;    ///< host and plain path alone do not decide
};

}  // namespace headgate::routing
