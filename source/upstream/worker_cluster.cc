#include "source/upstream/worker_cluster.h"

#include <random>

namespace headgate::upstream {

WorkerCluster::WorkerCluster(event::Loop& loop, std::shared_ptr<Cluster> cluster, uint64_t seed)
    : cluster_(std::move(cluster)),
      hosts_(cluster_->hosts()),
      settings_{cluster_->config().connectTimeout, cluster_->config().idleTimeout, {}},
      balancer_(makeLoadBalancer(cluster_->config().lbPolicy, *hosts_, cluster_->balancerState())),
      random_(seed | 1) {
  for (const auto& host : hosts_->hosts) pools_.push_back(std::make_unique<ConnPool>(loop, host, settings_));
}

size_t WorkerCluster::pick(std::span<const size_t> tried) { return balancer_->pick({nextRandom(), tried}); }

// splitmix64: a good enough mix for choosing hosts, in a nanosecond.
uint64_t WorkerCluster::nextRandom() {
  uint64_t z = (random_ += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void WorkerClusters::add(const std::vector<std::shared_ptr<Cluster>>& clusters) {
  std::random_device seed;
  for (const auto& cluster : clusters) {
    if (cluster->id() >= clusters_.size()) clusters_.resize(cluster->id() + 1);
    auto& slot = clusters_[cluster->id()];
    if (!slot) slot = std::make_unique<WorkerCluster>(loop_, cluster, (uint64_t{seed()} << 32) | seed());
  }
}

}  // namespace headgate::upstream
