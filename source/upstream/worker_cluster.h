#pragma once
// A worker's view of the clusters: pick a host, get a stream.

#include <memory>
#include <span>
#include <vector>

#include "source/event/loop.h"
#include "source/upstream/cluster.h"
#include "source/upstream/conn_pool.h"
#include "source/upstream/retry_budget.h"

namespace headgate::upstream {

/// One cluster on one worker: its balancer and a pool for each host. Worker thread.
class WorkerCluster {
 public:
  WorkerCluster(event::Loop& loop, std::shared_ptr<Cluster> cluster, uint64_t seed);

  [[nodiscard]] const Cluster& cluster() const { return *cluster_; }
  /// An index for `pool`, or LoadBalancer::kNone when the cluster has no host to offer.
  [[nodiscard]] size_t pick(std::span<const size_t> tried);
  [[nodiscard]] ConnPool& pool(size_t index) { return *pools_[index]; }
  [[nodiscard]] size_t size() const { return pools_.size(); }
  [[nodiscard]] RetryBudget& retryBudget() { return retryBudget_; }

 private:
  uint64_t nextRandom();

  const std::shared_ptr<Cluster> cluster_;
  const std::shared_ptr<const HostSet> hosts_;
  ConnPool::Settings settings_;
  std::unique_ptr<LoadBalancer> balancer_;
  std::vector<std::unique_ptr<ConnPool>> pools_;  ///< one a host, in the order of the host set
  RetryBudget retryBudget_;
  uint64_t random_;
};

/// All clusters of a worker by Cluster::id. Worker thread.
class WorkerClusters {
 public:
  explicit WorkerClusters(event::Loop& loop) : loop_(loop) {}
  /// Adds those that are new; known ones keep their pools.
  void add(const std::vector<std::shared_ptr<Cluster>>& clusters);
  [[nodiscard]] WorkerCluster& get(uint32_t id) { return *clusters_[id]; }
  /// Closes all connections.
  void clear() { clusters_.clear(); }

 private:
  event::Loop& loop_;
  std::vector<std::unique_ptr<WorkerCluster>> clusters_;
};

}  // namespace headgate::upstream
