#pragma once
// A worker's counters of one cluster, with Envoy's names.

#include <string>

#include "source/stats/shard.h"

namespace headgate::upstream {

/// "cluster.NAME.": bound once a cluster and worker. Its worker's thread.
struct ClusterStats {
  ClusterStats(stats::Shard& shard, const std::string& cluster);

  stats::Counter cxTotal;
  stats::Gauge cxActive;
  stats::Counter cxConnectFail;  ///< time-outs included
  stats::Counter cxConnectTimeout;
  stats::Counter cxOverflow;     ///< refused by max_connections
  stats::Counter cxNoneHealthy;  ///< requests that found no host
  stats::Histogram cxConnectUs;  ///< of connections that were made
  stats::Counter rqTotal;        ///< attempts
  stats::Gauge rqActive;
  stats::Counter rqCompleted;     ///< with an answer
  stats::Counter rqByClass[5];    ///< 1xx..5xx
  stats::Histogram rqTimeUs;      ///< from the begin of an attempt to the head of its answer
  stats::Counter rqPendingTotal;  ///< had to wait for a connection
  stats::Gauge rqPendingActive;
  stats::Counter rqPendingOverflow;
  stats::Counter rqPendingFailureEject;  ///< failed because their connection could not be made
  stats::Counter rqActiveOverflow;
  stats::Counter rqCancelled;  ///< given up while they waited
  stats::Counter rqTimeout;    ///< of the route
  stats::Counter rqPerTryTimeout;
  stats::Counter rqRxReset;
  stats::Counter rqRetry;
  stats::Counter rqRetrySuccess;
  stats::Counter rqRetryOverflow;  ///< refused by the budget or max_retries
  stats::Counter rqRetryLimitExceeded;
  stats::Counter rqRetryBackoff;  ///< retries that waited
  stats::Counter lbHealthyPanic;  ///< picks made whatever the health
};

}  // namespace headgate::upstream
