#pragma once
// A worker's view of the clusters: pick a host, get a stream.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "source/event/loop.h"
#include "source/upstream/cluster.h"
#include "source/upstream/conn_pool.h"
#include "source/upstream/retry_budget.h"

namespace headgate::upstream {

/// One cluster on one worker: the view that main last posted and a pool for each of its members. Worker thread.
class WorkerCluster final : private ConnPoolOwner, private event::TurnTask {
 public:
  /// `workerIndex` spreads what the workers count.
  WorkerCluster(event::Loop& loop, ClusterEntry entry, stats::Shard& stats, uint32_t workerIndex, uint64_t seed);
  ~WorkerCluster() { loop_.cancelTurnTask(*this); }

  [[nodiscard]] const Cluster& cluster() const { return *cluster_; }
  /// The pool of the host that takes the next request; null when the cluster has none to offer. It lives until its
  /// requests have ended. `tried`: hosts that this request has failed on, which are only compared: they may be gone.
  [[nodiscard]] ConnPool* pick(std::span<const Host* const> tried, std::optional<uint64_t> hash = {});
  [[nodiscard]] RetryBudget& retryBudget() { return retryBudget_; }
  [[nodiscard]] CircuitBreakers& breakers() { return cluster_->breakers(); }
  [[nodiscard]] ClusterStats& stats() { return stats_; }
  /// Uniformly distributed bits.
  [[nodiscard]] uint64_t nextRandom();

  /// Members, health or weights have changed. Pools of hosts that stay are kept; those of hosts that left finish what
  /// they carry.
  void update(std::shared_ptr<const ClusterView> view);

 private:
  void onPoolEmpty(ConnPool& pool) override;
  void onOutlier(ConnPool& pool, OutlierKind kind) override;
  void runAtTurnEnd() override;
  void matchPools(const Members& members);
  void applyHealth();

  event::Loop& loop_;
  const std::shared_ptr<Cluster> cluster_;
  std::shared_ptr<const ClusterView> view_;
  ClusterStats stats_;
  ConnPool::Settings settings_;
  std::vector<std::unique_ptr<ConnPool>> pools_;  ///< one a member, in their order
  std::vector<std::unique_ptr<ConnPool>> retired_;
  std::vector<bool> down_;  ///< by member: it was told that its host is down
  RetryBudget retryBudget_;
  uint64_t random_;
};

/// All clusters of a worker by Cluster::id. Worker thread.
class WorkerClusters {
 public:
  WorkerClusters(event::Loop& loop, stats::Shard& stats, uint32_t workerIndex)
      : loop_(loop), stats_(stats), workerIndex_(workerIndex) {}
  /// Adds those that are new; known ones keep their pools and get the view.
  void add(const std::vector<ClusterEntry>& clusters);
  /// A view of a cluster that was never added is ignored.
  void update(uint32_t id, std::shared_ptr<const ClusterView> view);
  [[nodiscard]] WorkerCluster& get(uint32_t id) { return *clusters_[id]; }
  /// Closes all connections.
  void clear() { clusters_.clear(); }

 private:
  event::Loop& loop_;
  stats::Shard& stats_;
  const uint32_t workerIndex_;
  std::vector<std::unique_ptr<WorkerCluster>> clusters_;
};

}  // namespace headgate::upstream
