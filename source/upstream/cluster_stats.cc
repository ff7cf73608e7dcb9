#include "source/upstream/cluster_stats.h"

#include <fmt/format.h>

namespace headgate::upstream {
namespace {

std::string nameOf(const std::string& cluster, std::string_view name) {
  return fmt::format("cluster.{}.{}", cluster, name);
}

}  // namespace

ClusterStats::ClusterStats(stats::Shard& shard, const std::string& cluster)
    : cxTotal(shard.counter(nameOf(cluster, "upstream_cx_total"))),
      cxActive(shard.gauge(nameOf(cluster, "upstream_cx_active"))),
      cxConnectFail(shard.counter(nameOf(cluster, "upstream_cx_connect_fail"))),
      cxConnectTimeout(shard.counter(nameOf(cluster, "upstream_cx_connect_timeout"))),
      cxOverflow(shard.counter(nameOf(cluster, "upstream_cx_overflow"))),
      cxNoneHealthy(shard.counter(nameOf(cluster, "upstream_cx_none_healthy"))),
      cxConnectUs(shard.histogram(nameOf(cluster, "upstream_cx_connect_us"))),
      rqTotal(shard.counter(nameOf(cluster, "upstream_rq_total"))),
      rqActive(shard.gauge(nameOf(cluster, "upstream_rq_active"))),
      rqCompleted(shard.counter(nameOf(cluster, "upstream_rq_completed"))),
      rqByClass{shard.counter(nameOf(cluster, "upstream_rq_1xx")), shard.counter(nameOf(cluster, "upstream_rq_2xx")),
                shard.counter(nameOf(cluster, "upstream_rq_3xx")), shard.counter(nameOf(cluster, "upstream_rq_4xx")),
                shard.counter(nameOf(cluster, "upstream_rq_5xx"))},
      rqTimeUs(shard.histogram(nameOf(cluster, "upstream_rq_time_us"))),
      rqPendingTotal(shard.counter(nameOf(cluster, "upstream_rq_pending_total"))),
      rqPendingActive(shard.gauge(nameOf(cluster, "upstream_rq_pending_active"))),
      rqPendingOverflow(shard.counter(nameOf(cluster, "upstream_rq_pending_overflow"))),
      rqPendingFailureEject(shard.counter(nameOf(cluster, "upstream_rq_pending_failure_eject"))),
      rqActiveOverflow(shard.counter(nameOf(cluster, "upstream_rq_active_overflow"))),
      rqCancelled(shard.counter(nameOf(cluster, "upstream_rq_cancelled"))),
      rqTimeout(shard.counter(nameOf(cluster, "upstream_rq_timeout"))),
      rqPerTryTimeout(shard.counter(nameOf(cluster, "upstream_rq_per_try_timeout"))),
      rqRxReset(shard.counter(nameOf(cluster, "upstream_rq_rx_reset"))),
      rqRetry(shard.counter(nameOf(cluster, "upstream_rq_retry"))),
      rqRetrySuccess(shard.counter(nameOf(cluster, "upstream_rq_retry_success"))),
      rqRetryOverflow(shard.counter(nameOf(cluster, "upstream_rq_retry_overflow"))),
      rqRetryLimitExceeded(shard.counter(nameOf(cluster, "upstream_rq_retry_limit_exceeded"))),
      rqRetryBackoff(shard.counter(nameOf(cluster, "upstream_rq_retry_backoff_exponential"))),
      lbHealthyPanic(shard.counter(nameOf(cluster, "lb_healthy_panic"))) {}

}  // namespace headgate::upstream
