#pragma once
// A group of backends: its configuration and what all workers share about it.

#include <memory>
#include <string>

#include "source/upstream/cluster_config.h"
#include "source/upstream/load_balancer.h"

namespace headgate::upstream {

/// What main and the workers share of one cluster: constant, or atomics. Its members are main's (`ClusterMembership`)
/// and come to the workers as ClusterViews.
class Cluster {
 public:
  /// `id` is its place in every worker's list, unique in the process.
  Cluster(ClusterConfig config, uint32_t id) : config_(std::move(config)), id_(id) {}

  [[nodiscard]] uint32_t id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const ClusterConfig& config() const { return config_; }
  [[nodiscard]] BalancerState& balancerState() { return balancerState_; }

 private:
  const ClusterConfig config_;
  const uint32_t id_;
  BalancerState balancerState_;
};

/// What a worker needs to take a cluster up.
struct ClusterEntry {
  std::shared_ptr<Cluster> cluster;
  std::shared_ptr<const ClusterView> view;
};

}  // namespace headgate::upstream
