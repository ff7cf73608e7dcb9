#pragma once
// One listener of one config version on one worker.

#include <memory>
#include <vector>

#include "api/filter_factory.h"
#include "source/proxy/listener_config.h"
#include "source/proxy/pinned.h"
#include "source/routing/route_table.h"

namespace headgate::proxy {

/// What a stream needs of its configuration. A stream pins it from its head to its end. Worker thread.
struct ListenerRuntime {
  const ListenerConfig& config;
  const routing::RouteTable& routes;
  Pinned& owner;
  std::vector<std::unique_ptr<api::WorkerFilter>> filters;  ///< in chain order
};

}  // namespace headgate::proxy
