#pragma once
// One listener of one config version on one worker.

#include <memory>
#include <vector>

#include "api/filter_factory.h"
#include "source/proxy/listener_config.h"
#include "source/proxy/pinned.h"
#include "source/routing/route_table.h"
#include "source/stats/counter.h"
#include "source/stats/shard.h"

namespace headgate::proxy {

/// The counters of a listener, bound once a worker. Names are Envoy's: "http.<listener>.downstream_rq_total" and so on.
struct ListenerStats {
  ListenerStats(stats::Shard& shard, const std::string& listener);

  stats::Counter cxTotal;
  stats::Counter cxOverflow;     ///< accepting stopped at max_connections
  stats::Counter cxAcceptError;  ///< no descriptors or memory
  stats::Counter rqTotal;
  stats::Counter rqInvalid;     ///< refused before routing
  stats::Counter rqReset;       ///< the client left
  stats::Counter upgradeTotal;  ///< tunnels opened
  stats::Counter rqTimeout;
  stats::Counter rqByClass[6];  ///< 0: no response; 1xx..5xx
};

/// What a stream needs of its configuration. A stream pins it from its head to its end. Worker thread.
struct ListenerRuntime {
  const ListenerConfig& config;
  const routing::RouteTable& routes;
  Pinned& owner;
  std::vector<std::unique_ptr<api::WorkerFilter>> filters;  ///< in chain order
};

}  // namespace headgate::proxy
