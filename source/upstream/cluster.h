#pragma once
// A group of backends: its configuration and what all workers share about it.

#include <functional>
#include <memory>
#include <string>

#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_config.h"
#include "source/upstream/conn_pool.h"
#include "source/upstream/load_balancer.h"

namespace headgate::upstream {

/// What main and the workers share of one cluster: constant, or atomics. Its members are main's (`ClusterMembership`)
/// and come to the workers as ClusterViews.
class Cluster {
 public:
  /// Tells main of an outlier. Any thread.
  using TellOutlier = std::function<void(uint32_t clusterId, std::shared_ptr<Host> host, OutlierKind kind)>;

  /// `id` is its place in every worker's list, unique in the process.
  Cluster(ClusterConfig config, uint32_t id, TellOutlier tellOutlier)
      : config_(std::move(config)), id_(id), breakers_(config_.breaker), tellOutlier_(std::move(tellOutlier)) {}

  [[nodiscard]] uint32_t id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const ClusterConfig& config() const { return config_; }
  [[nodiscard]] BalancerState& balancerState() { return balancerState_; }
  [[nodiscard]] CircuitBreakers& breakers() { return breakers_; }
  [[nodiscard]] const CircuitBreakers& breakers() const { return breakers_; }
  void tellOutlier(std::shared_ptr<Host> host, OutlierKind kind) const { tellOutlier_(id_, std::move(host), kind); }

 private:
  const ClusterConfig config_;
  const uint32_t id_;
  BalancerState balancerState_;
  CircuitBreakers breakers_;
  const TellOutlier tellOutlier_;
};

/// What a worker needs to take a cluster up.
struct ClusterEntry {
  std::shared_ptr<Cluster> cluster;
  std::shared_ptr<const ClusterView> view;
};

}  // namespace headgate::upstream
