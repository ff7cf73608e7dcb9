#pragma once
// What a matched request is to become.

#include <cstdint>
#include <string>

#include "source/routing/route_config.h"

namespace headgate::routing {

/// Immutable; lives in its RouteTable, which the stream pins.
struct Route {
  RouteConfig config;
  uint32_t clusterId = 0;  ///< upstream::Cluster::id
};

}  // namespace headgate::routing
