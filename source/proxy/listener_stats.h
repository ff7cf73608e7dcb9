#pragma once
// The counters of a listener.

#include <string>

#include "source/stats/counter.h"
#include "source/stats/shard.h"

namespace headgate::proxy {

/// Bound once a worker. Names are Envoy's: "http.<listener>.downstream_rq_total" and so on.
struct ListenerStats {
  ListenerStats(stats::Shard& shard, const std::string& listener);

  stats::Counter cxTotal;
  stats::Counter cxOverflow;      ///< accepting stopped at max_connections
  stats::Counter cxAcceptError;   ///< no descriptors or memory
  stats::Counter cxIdleTimeout;   ///< connections closed because nothing was asked for
  stats::Counter cxWriteTimeout;  ///< clients that took no byte in time
  stats::Counter cxPipelineFull;  ///< a client was not read any more because of all that it had asked for already
  stats::Counter rqTotal;
  stats::Counter rqInvalid;        ///< refused as malformed or too large
  stats::Counter rqReset;          ///< the client left
  stats::Counter upgradeTotal;     ///< tunnels opened
  stats::Counter rqTimeout;        ///< any of the listener's timeouts of a request; the next two are parts of it
  stats::Counter rqHeaderTimeout;  ///< a head did not come in time
  stats::Counter rqBodyTimeout;    ///< a body did not
  stats::Counter rqByClass[6];     ///< 0: no response; 1xx..5xx
};

}  // namespace headgate::proxy
