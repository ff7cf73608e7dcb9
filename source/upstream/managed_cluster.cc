#include "source/upstream/managed_cluster.h"

#include <fmt/format.h>

namespace headgate::upstream {
namespace {

std::string nameOf(const std::string& cluster, std::string_view name) {
  return fmt::format("cluster.{}.{}", cluster, name);
}

std::string_view stateWord(uint8_t flags) {
  if ((flags & kDrained) != 0) return "drained";
  if ((flags & kEjected) != 0) return "ejected";
  if ((flags & kFailedCheck) != 0) return "down";
  if ((flags & kUnchecked) != 0) return "unchecked";
  return "up";
}

HostState describe(const Host& host, const SlowStart& slowStart) {
  HostState state;
  const HostRecord& record = host.record();
  state.address = host.text();
  state.flags = host.flags();
  state.state = stateWord(state.flags);
  state.since = record.joined;
  if (!record.transitions.empty()) {
    state.why = record.transitions.back().why;
    state.since = record.transitions.back().at;
  }
  state.lastCheck = record.lastCheck;
  state.weight = host.weight();
  state.effectiveWeightPercent = slowStart.percent(record.takesRequestsSince);
  state.rqActive = host.activeRequests();
  state.cxActive = host.connections();
  state.successRate = record.successRate;
  state.totals = host.stats().totals();
  state.transitions.assign(record.transitions.begin(), record.transitions.end());
  return state;
}

BreakerState describe(std::string_view name, const Breaker& breaker) { return {name, breaker.max(), breaker.out()}; }

}  // namespace

ManagedCluster::Gauges::Gauges(stats::Shard& shard, const std::string& cluster)
    : membershipChange(shard.counter(nameOf(cluster, "membership_change"))),
      membershipTotal(shard.gauge(nameOf(cluster, "membership_total"))),
      membershipHealthy(shard.gauge(nameOf(cluster, "membership_healthy"))),
      cxOpen(shard.gauge(nameOf(cluster, "circuit_breakers.default.cx_open"))),
      pendingOpen(shard.gauge(nameOf(cluster, "circuit_breakers.default.rq_pending_open"))),
      rqOpen(shard.gauge(nameOf(cluster, "circuit_breakers.default.rq_open"))),
      retryOpen(shard.gauge(nameOf(cluster, "circuit_breakers.default.rq_retry_open"))) {}

ManagedCluster::ManagedCluster(const Context& context, std::shared_ptr<Cluster> cluster)
    : loop_(context.loop),
      membership_(context.loop, std::move(cluster), context.publish, context.report),
      gauges_(context.stats, name()),
      outliers_(context.loop, membership_, membership_.cluster().config().outlier, context.stats) {
  const ClusterConfig& config = membership_.cluster().config();
  if (config.healthCheck)
    checker_ = std::make_unique<HealthChecker>(loop_, membership_, *config.healthCheck, context.stats, context.warmed);
  setEndpoints(config.endpoints);
}

void ManagedCluster::setEndpoints(const std::vector<EndpointConfig>& endpoints) {
  membership_.setEndpoints(endpoints, [this](Host& host) {
    host.record().joined = loop_.wallNow();
    if (checker_ != nullptr) HealthChecker::prepare(host);
  });
  gauges_.membershipChange.inc();
  outliers_.follow();
  if (checker_ != nullptr) checker_->follow();
  refreshGauges();
}

void ManagedCluster::refreshGauges() {
  int64_t healthy = 0;
  for (const auto& host : membership_.members())
    healthy += (host->flags() & (kUnchecked | kFailedCheck | kEjected)) == 0 ? 1 : 0;
  gauges_.membershipTotal.set(static_cast<int64_t>(membership_.members().size()));
  gauges_.membershipHealthy.set(healthy);
  const CircuitBreakers& breakers = membership_.cluster().breakers();
  gauges_.cxOpen.set(breakers.connections.open() ? 1 : 0);
  gauges_.pendingOpen.set(breakers.pending.open() ? 1 : 0);
  gauges_.rqOpen.set(breakers.requests.open() ? 1 : 0);
  gauges_.retryOpen.set(breakers.retries.max() > 0 && breakers.retries.open() ? 1 : 0);
}

ClusterState ManagedCluster::state() {
  const Cluster& cluster = membership_.cluster();
  ClusterState state;
  state.name = cluster.name();
  state.lbPolicy = lbPolicyName(cluster.config().lbPolicy);
  if (cluster.config().healthCheck) state.healthCheck = probeKindName(cluster.config().healthCheck->kind);
  state.panic = membership_.view()->set.panic;
  state.warm = warm();
  const CircuitBreakers& breakers = cluster.breakers();
  state.breakers = {describe("max_connections", breakers.connections), describe("max_pending", breakers.pending),
                    describe("max_requests", breakers.requests), describe("max_retries", breakers.retries)};
  const SlowStart slowStart{cluster.config().slowStart, loop_.now()};
  for (const auto& host : membership_.members()) state.hosts.push_back(describe(*host, slowStart));
  return state;
}

}  // namespace headgate::upstream
