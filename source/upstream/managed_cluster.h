#pragma once
// All that main does for one cluster.

#include <functional>
#include <memory>
#include <vector>

#include "source/stats/shard.h"
#include "source/upstream/cluster_membership.h"
#include "source/upstream/cluster_state.h"
#include "source/upstream/health_checker.h"
#include "source/upstream/outlier_detector.h"

namespace headgate::upstream {

/// A cluster's membership, its health checks and its outlier detection. Main thread.
class ManagedCluster {
 public:
  /// What it needs of the process; copied.
  struct Context {
    event::Loop& loop;
    stats::Shard& stats;  ///< main's
    ClusterMembership::Publish publish;
    ClusterMembership::Report report;
    std::function<void()> warmed;  ///< `warm` has become true
  };
  ManagedCluster(const Context& context, std::shared_ptr<Cluster> cluster);

  [[nodiscard]] ClusterMembership& membership() { return membership_; }
  [[nodiscard]] const std::shared_ptr<Cluster>& cluster() const { return membership_.shared(); }
  [[nodiscard]] const std::string& name() const { return cluster()->name(); }
  /// Whether the first round of health checks is over.
  [[nodiscard]] bool warm() const { return checker_ == nullptr || checker_->firstRoundDone(); }

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

  event::Loop& loop_;
  ClusterMembership membership_;
  Gauges gauges_;
  OutlierDetector outliers_;
  std::unique_ptr<HealthChecker> checker_;  ///< null: the cluster checks nobody
};

}  // namespace headgate::upstream
