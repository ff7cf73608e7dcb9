#pragma once
// All that main does for one cluster.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "source/stats/shard.h"
#include "source/upstream/cluster_membership.h"
#include "source/upstream/cluster_state.h"
#include "source/upstream/endpoints_file.h"
#include "source/upstream/health_checker.h"
#include "source/upstream/name_lookup.h"
#include "source/upstream/outlier_detector.h"

namespace headgate::upstream {

/// A cluster's membership, where that comes from, its health checks and its outlier detection. Main thread.
class ManagedCluster {
 public:
  /// What it needs of the process; copied.
  struct Context {
    event::Loop& loop;
    stats::Shard& stats;  ///< main's
    ClusterMembership::Publish publish;
    ClusterMembership::Report report;
    std::function<net::Resolver&()> resolver;  ///< made when a name wants it
    std::function<void()> warmed;              ///< `warm` has become true
  };
  ManagedCluster(const Context& context, std::shared_ptr<Cluster> cluster);

  [[nodiscard]] ClusterMembership& membership() { return membership_; }
  [[nodiscard]] const std::shared_ptr<Cluster>& cluster() const { return membership_.shared(); }
  [[nodiscard]] const std::string& name() const { return cluster()->name(); }
  /// Whether every name has been looked up once and the first round of health checks is over.
  [[nodiscard]] bool warm() const;

  /// Replaces what the members are made of; names are looked up, and keep their addresses where they stay.
  void setEndpoints(const std::vector<EndpointConfig>& endpoints);
  void onOutlier(const Host& host, OutlierKind kind) { outliers_.onOutlier(host, kind); }
  /// Sets the gauges that nobody counts as it happens: members, breakers.
  void refreshGauges();
  [[nodiscard]] ClusterState state();

 private:
  struct Gauges {
    Gauges(stats::Shard& shard, const std::string& cluster);
    stats::Counter membershipChange;
    stats::Gauge membershipTotal;
    stats::Gauge membershipHealthy;
    stats::Gauge cxOpen;
    stats::Gauge pendingOpen;
    stats::Gauge rqOpen;
    stats::Gauge retryOpen;
  };

  /// Members from the endpoints, and the addresses of those that are names.
  void rebuild();
  void lookUp(const EndpointConfig& endpoint);
  void onLookup(const std::string& name, bool changed, const std::string& error);
  void follow(const std::vector<EndpointConfig>& members);

  const Context context_;
  event::Loop& loop_;
  ClusterMembership membership_;
  Gauges gauges_;
  OutlierDetector outliers_;
  std::unique_ptr<HealthChecker> checker_;  ///< null: the cluster checks nobody
  bool letGo_ = false;                      ///< the workers were told to close unused connections
  std::vector<EndpointConfig> endpoints_;
  std::map<std::string, std::unique_ptr<NameLookup>> names_;  ///< by "name:port"
  std::map<std::string, std::string> failures_;               ///< of those whose last lookup failed: why
  std::unique_ptr<EndpointsFile> file_;                       ///< null: there is none
};

}  // namespace headgate::upstream
