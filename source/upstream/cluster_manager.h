#pragma once
// All clusters of the process, by name.

#include <memory>
#include <string_view>
#include <vector>

#include "source/upstream/managed_cluster.h"

namespace headgate::upstream {

/// Owns the truth of the clusters. Main thread; what the workers need is in the Clusters, which are shared, and in the
/// ClusterViews that it publishes.
class ClusterManager {
 public:
  /// `stats`: main's shard; `report` takes lines for the event log.
  ClusterManager(event::Loop& loop, stats::Shard& stats, ClusterMembership::Report report);

  /// How names are looked up; before the first cluster that has one.
  void setDns(const net::DnsConfig& config) { dns_ = config; }
  /// Called with every new view from now on; set once the workers run.
  void onPublish(ClusterMembership::Publish publish) { publish_ = std::move(publish); }

  /// The cluster of that name if its configuration is the same, with its members and their facts; else a new one, which
  /// takes the name over. The old one lives on as long as streams use it, with the members that it had.
  std::shared_ptr<Cluster> keepOrAdd(const ClusterConfig& config);
  /// Null if there is none.
  [[nodiscard]] ManagedCluster* find(std::string_view name) const;
  /// Each of `clusters` with its current view, for workers that take them up. One that has been replaced has no view.
  [[nodiscard]] std::vector<ClusterEntry> entries(const std::vector<std::shared_ptr<Cluster>>& clusters) const;

  /// Whether every cluster has heard of all its hosts once; `onWarm` is called, once, when that becomes true.
  [[nodiscard]] bool warm() const;
  void onWarm(std::function<void()> warmed) { warmed_ = std::move(warmed); }
  /// Everything that is known, in the order of the configuration.
  [[nodiscard]] std::vector<ClusterState> state() const;

  /// What an operator may do to a host, named as `GET /clusters` shows it ("127.0.0.1:8081"). The error says which of
  /// the two names is unknown.
  [[nodiscard]] base::Status setWeight(std::string_view cluster, std::string_view host, uint32_t weight);
  /// Takes it out of the picking: what it has is finished, its unused connections close. Kept apart from health.
  [[nodiscard]] base::Status drain(std::string_view cluster, std::string_view host);
  [[nodiscard]] base::Status undrain(std::string_view cluster, std::string_view host);

 private:
  struct Found {
    ClusterMembership& membership;
    Host& host;
  };
  [[nodiscard]] base::Result<Found> findHost(std::string_view cluster, std::string_view host) const;
  [[nodiscard]] base::Status setDrained(std::string_view cluster, std::string_view host, bool drained);
  std::unique_ptr<ManagedCluster> make(const ClusterConfig& config);
  void onOutlier(uint32_t clusterId, const std::shared_ptr<Host>& host, OutlierKind kind);
  net::Resolver& resolver();
  void onClusterWarm();
  void onTick();

  event::Loop& loop_;
  stats::Shard& stats_;
  const ClusterMembership::Report report_;
  ClusterMembership::Publish publish_;
  std::function<void()> warmed_;
  net::DnsConfig dns_;
  std::unique_ptr<net::Resolver> resolver_;  ///< made for the first name
  std::vector<std::unique_ptr<ManagedCluster>> clusters_;
  event::Timer tick_;  ///< each second: gauges
  uint32_t nextId_ = 0;
};

}  // namespace headgate::upstream
