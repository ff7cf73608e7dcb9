#include "source/upstream/cluster_manager.h"

namespace headgate::upstream {

std::shared_ptr<Cluster> ClusterManager::keepOrAdd(const ClusterConfig& config) {
  for (auto& known : clusters_) {
    if (known->name() != config.name) continue;
    if (known->config() == config) return known;
    return known = std::make_shared<Cluster>(config, nextId_++);
  }
  return clusters_.emplace_back(std::make_shared<Cluster>(config, nextId_++));
}

std::shared_ptr<Cluster> ClusterManager::find(std::string_view name) const {
  for (const auto& cluster : clusters_) {
    if (cluster->name() == name) return cluster;
  }
  return nullptr;
}

}  // namespace headgate::upstream
