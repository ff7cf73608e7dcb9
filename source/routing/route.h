#pragma once
// What a matched request is to become.

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "source/routing/route_config.h"

namespace headgate::routing {

/// A cluster that gets a share of the requests.
struct RouteCluster {
  uint32_t id;  ///< upstream::Cluster::id
  uint32_t weight = 1;
};

/// Immutable; lives in its RouteTable, which the stream pins.
struct Route {
  /// `routeClusters`: none for a route that answers by itself.
  explicit Route(RouteConfig routeConfig, std::vector<RouteCluster> routeClusters = {}, uint32_t mirror = 0)
      : config(std::move(routeConfig)),
        clusters(std::move(routeClusters)),
        mirrorId(mirror),
        conditional(config.match.pathKind == PathKind::Regex || !config.match.methods.empty() ||
                    !config.match.headers.empty() || !config.match.query.empty()) {
    config.source = {};
  }
  [[nodiscard]] bool answersItself() const { return config.redirect.has_value() || config.respond.has_value(); }

  RouteConfig config;
  std::vector<RouteCluster> clusters;
  uint32_t mirrorId;   ///< of the cluster that gets copies, if there is a mirror
  uint32_t split = 0;  ///< its number among the routes with several clusters, given by the table
  bool conditional;    ///< host and plain path alone do not decide
};

}  // namespace headgate::routing
