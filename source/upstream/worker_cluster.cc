#include "source/upstream/worker_cluster.h"

#include <algorithm>
#include <random>
#include <unordered_map>

namespace headgate::upstream {

WorkerCluster::WorkerCluster(event::Loop& loop, ClusterEntry entry, stats::Shard& stats, uint32_t workerIndex,
                             uint64_t seed)
    : loop_(loop),
      cluster_(std::move(entry.cluster)),
      stats_(stats, cluster_->name()),
      settings_{cluster_->config().connectTimeout,
                cluster_->config().idleTimeout,
                {},
                cluster_->breakers(),
                stats_,
                workerIndex,
                cluster_->config().outlier.consecutive5xx,
                cluster_->config().outlier.consecutiveLocal},
      random_(seed | 1) {
  update(std::move(entry.view));
}

ConnPool* WorkerCluster::pick(std::span<const Host* const> tried, std::optional<uint64_t> hash) {
  const size_t index = view_->balancer->pick({nextRandom(), tried, hash});
  if (view_->set.panic) stats_.lbHealthyPanic.inc();
  if (index != LoadBalancer::kNone) return pools_[index].get();
  stats_.cxNoneHealthy.inc();
  return nullptr;
}

void WorkerCluster::update(std::shared_ptr<const ClusterView> view) {
  const bool sameMembers = view_ != nullptr && view_->set.members == view->set.members;
  const std::shared_ptr<const ClusterView> old = std::exchange(view_, std::move(view));
  if (!sameMembers) matchPools(*view_->set.members);
  applyHealth();
}

void WorkerCluster::matchPools(const Members& members) {
  struct Known {
    std::unique_ptr<ConnPool> pool;
    bool down;
  };
  std::unordered_map<const Host*, Known> known;
  for (size_t i = 0; i < pools_.size(); ++i) {
    const Host* host = &pools_[i]->host();
    known.emplace(host, Known{std::move(pools_[i]), down_[i]});
  }
  pools_.clear();
  down_.clear();
  for (const auto& host : members) {
    const auto found = known.find(host.get());
    if (found == known.end()) {
      pools_.push_back(std::make_unique<ConnPool>(loop_, host, settings_, static_cast<ConnPoolOwner&>(*this)));
      down_.push_back(false);
    } else {
      pools_.push_back(std::move(found->second.pool));
      down_.push_back(found->second.down);
      known.erase(found);
    }
  }
  for (auto& [host, left] : known) {
    left.pool->retire();
    retired_.push_back(std::move(left.pool));
  }
  loop_.atTurnEnd(*this);  // some may have nothing to finish
}

// What is known of a member is read from the Host, which may be newer than the view: the next view says the same again.
void WorkerCluster::applyHealth() {
  std::vector<bool> candidate(pools_.size());
  for (const HostSet::Candidate& each : view_->set.candidates) candidate[each.index] = true;
  // Where one was refused a connection, all let go of those that they do not use.
  if (cluster_->breakers().connectionWanted.load(std::memory_order_relaxed)) {
    for (const auto& pool : pools_) pool->setInUse(false);
  }
  for (size_t i = 0; i < pools_.size(); ++i) pools_[i]->setInUse(candidate[i]);
  // Last: requests that hear of it pick again, and then every pool must be up to date.
  for (size_t i = 0; i < pools_.size(); ++i) {
    const bool down = view_->set.host(i).has(kFailedCheck) && !candidate[i];
    const bool told = down_[i];
    down_[i] = down;
    if (down && !told) pools_[i]->hostDown();
  }
}

void WorkerCluster::onPoolEmpty(ConnPool& /*pool*/) { loop_.atTurnEnd(*this); }

void WorkerCluster::onOutlier(ConnPool& pool, OutlierKind kind) { cluster_->tellOutlier(pool.sharedHost(), kind); }

void WorkerCluster::runAtTurnEnd() {
  retired_.erase(std::remove_if(retired_.begin(), retired_.end(), [](const auto& pool) { return pool->empty(); }),
                 retired_.end());
}

// splitmix64: a good enough mix for choosing hosts, in a nanosecond.
uint64_t WorkerCluster::nextRandom() {
  uint64_t z = (random_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void WorkerClusters::add(const std::vector<ClusterEntry>& clusters) {
  std::random_device seed;
  for (const ClusterEntry& entry : clusters) {
    const uint32_t id = entry.cluster->id();
    if (id >= clusters_.size()) clusters_.resize(id + 1);
    auto& slot = clusters_[id];
    if (!slot) {
      slot = std::make_unique<WorkerCluster>(loop_, entry, stats_, workerIndex_, (uint64_t{seed()} << 32) | seed());
    } else if (entry.view != nullptr) {
      slot->update(entry.view);
    }
  }
}

void WorkerClusters::update(uint32_t id, std::shared_ptr<const ClusterView> view) {
  if (id < clusters_.size() && clusters_[id] != nullptr) clusters_[id]->update(std::move(view));
}

}  // namespace headgate::upstream
