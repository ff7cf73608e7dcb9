#include "source/upstream/managed_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

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
  state.hostname = record.hostname;
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
    : context_(context),
      loop_(context.loop),
      membership_(context.loop, std::move(cluster), context.publish, context.report),
      gauges_(context.stats, name()),
      outliers_(context.loop, membership_, membership_.cluster().config().outlier, context.stats) {
  const ClusterConfig& config = membership_.cluster().config();
  if (config.healthCheck)
    checker_ = std::make_unique<HealthChecker>(loop_, membership_, *config.healthCheck, context.stats, context.warmed);
  setEndpoints(config.endpoints);
  if (config.endpointsFile.empty()) return;
  file_ = std::make_unique<EndpointsFile>(
      loop_, config.endpointsFile,
      [this](const std::vector<EndpointConfig>& endpoints) {
        context_.report(log::Severity::Info, fmt::format("endpoints_file_read {}: {} endpoints (cluster \"{}\")",
                                                         file_->path(), endpoints.size(), name()));
        setEndpoints(endpoints);
      },
      [this](const std::string& mistakes) {
        const std::string first = mistakes.substr(0, mistakes.find('\n'));
        context_.report(
            log::Severity::Warning,
            fmt::format("endpoints_file_refused {}; its last good version stays (cluster \"{}\")", first, name()));
      });
  file_->start();
}

bool ManagedCluster::warm() const {
  const auto answered = [](const auto& each) { return each.second->answered(); };
  return std::all_of(names_.begin(), names_.end(), answered) && (checker_ == nullptr || checker_->firstRoundDone());
}

void ManagedCluster::setEndpoints(const std::vector<EndpointConfig>& endpoints) {
  endpoints_ = endpoints;
  std::map<std::string, std::unique_ptr<NameLookup>> old = std::exchange(names_, {});
  for (const EndpointConfig& endpoint : endpoints) {
    if (endpoint.name.empty()) continue;
    auto known = old.extract(endpoint.text());
    if (!known.empty()) names_.insert(std::move(known));
  }
  rebuild();
  // Last: an answer may come at once, and then all must be in place.
  for (const EndpointConfig& endpoint : endpoints) {
    if (!endpoint.name.empty() && !names_.contains(endpoint.text())) lookUp(endpoint);
  }
}

void ManagedCluster::lookUp(const EndpointConfig& endpoint) {
  const std::string text = endpoint.text();
  auto lookup = std::make_unique<NameLookup>(
      loop_, context_.resolver(), endpoint.name, endpoint.port,
      [this, text](bool changed, const std::string& error) { onLookup(text, changed, error); });
  names_.emplace(text, std::move(lookup)).first->second->start();
}

void ManagedCluster::onLookup(const std::string& name, bool changed, const std::string& error) {
  const auto failed = failures_.find(name);
  if (error.empty() && failed != failures_.end()) {
    failures_.erase(failed);
    context_.report(log::Severity::Info, fmt::format("dns_recovered {} (cluster \"{}\")", name, this->name()));
  } else if (!error.empty() && (failed == failures_.end() || failed->second != error)) {
    failures_[name] = error;
    context_.report(log::Severity::Warning, fmt::format("dns_failed {}: {}; its last addresses stay (cluster \"{}\")",
                                                        name, error, this->name()));
  }
  if (changed) rebuild();
  context_.warmed();
}

void ManagedCluster::rebuild() {
  std::vector<EndpointConfig> members;
  std::unordered_set<std::string> seen;  // two names may share an address
  const auto add = [&](EndpointConfig member) {
    if (seen.insert(member.address.text()).second) members.push_back(std::move(member));
  };
  for (const EndpointConfig& endpoint : endpoints_) {
    if (endpoint.name.empty()) {
      add(endpoint);
    } else if (const auto lookup = names_.find(endpoint.text()); lookup != names_.end()) {
      for (const net::IpAddress& address : lookup->second->addresses())
        add({net::Address(address), endpoint.weight, endpoint.name, endpoint.port});
    }
  }
  follow(members);
}

void ManagedCluster::follow(const std::vector<EndpointConfig>& members) {
  membership_.setEndpoints(members, [this](Host& host) {
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
  CircuitBreakers& breakers = membership_.cluster().breakers();
  // A view tells the workers to let go; the mark of the second before is gone by then.
  if (std::exchange(letGo_, false)) breakers.connectionWanted.store(false, std::memory_order_relaxed);
  if (breakers.connectionWanted.load(std::memory_order_relaxed)) {
    letGo_ = true;
    membership_.changed();
  }
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
  for (const auto& [text, lookup] : names_) state.names.push_back(lookup->state());
  if (file_ != nullptr) state.endpointsFileMistakes = file_->mistakes();
  const SlowStart slowStart{cluster.config().slowStart, loop_.now()};
  for (const auto& host : membership_.members()) state.hosts.push_back(describe(*host, slowStart));
  return state;
}

}  // namespace headgate::upstream
