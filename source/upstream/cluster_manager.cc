#include "source/upstream/cluster_manager.h"

#include <fmt/format.h>

#include <algorithm>

namespace headgate::upstream {
namespace {

constexpr uint32_t kMaxWeight = 1000;  // as in the configuration

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::BadRequest, base::ErrorSource::Local, std::move(message));
}

}  // namespace

std::unique_ptr<ClusterMembership> ClusterManager::make(const ClusterConfig& config) {
  auto membership = std::make_unique<ClusterMembership>(loop_, std::make_shared<Cluster>(config, nextId_++),
                                                        [this](uint32_t id, std::shared_ptr<const ClusterView> view) {
                                                          if (publish_) publish_(id, std::move(view));
                                                        });
  membership->setEndpoints(config.endpoints);
  return membership;
}

std::shared_ptr<Cluster> ClusterManager::keepOrAdd(const ClusterConfig& config) {
  for (auto& known : clusters_) {
    if (known->cluster().name() != config.name) continue;
    if (known->cluster().config() != config) known = make(config);
    return known->shared();
  }
  return clusters_.emplace_back(make(config))->shared();
}

ClusterMembership* ClusterManager::find(std::string_view name) const {
  for (const auto& cluster : clusters_) {
    if (cluster->cluster().name() == name) return cluster.get();
  }
  return nullptr;
}

std::vector<ClusterEntry> ClusterManager::entries(const std::vector<std::shared_ptr<Cluster>>& clusters) const {
  std::vector<ClusterEntry> entries;
  for (const auto& cluster : clusters) {
    ClusterMembership* membership = find(cluster->name());
    const bool current = membership != nullptr && &membership->cluster() == cluster.get();
    entries.push_back({cluster, current ? membership->view() : nullptr});
  }
  return entries;
}

base::Result<ClusterManager::Found> ClusterManager::findHost(std::string_view cluster, std::string_view host) const {
  ClusterMembership* membership = find(cluster);
  if (membership == nullptr) return refuse(fmt::format("there is no cluster \"{}\"", cluster));
  const auto& members = membership->members();
  const auto found =
      std::find_if(members.begin(), members.end(), [host](const auto& member) { return member->text() == host; });
  if (found == members.end()) return refuse(fmt::format("cluster \"{}\" has no host \"{}\"", cluster, host));
  return Found{*membership, **found};
}

base::Status ClusterManager::setWeight(std::string_view cluster, std::string_view host, uint32_t weight) {
  if (weight < 1 || weight > kMaxWeight)
    return refuse(fmt::format("expected a weight from 1 to {}, got {}", kMaxWeight, weight));
  auto found = findHost(cluster, host);
  if (!found) return tl::unexpected(found.error());
  found->host.setWeight(weight);
  found->membership.changed();
  return {};
}

base::Status ClusterManager::setDrained(std::string_view cluster, std::string_view host, bool drained) {
  auto found = findHost(cluster, host);
  if (!found) return tl::unexpected(found.error());
  found->host.setFlag(kDrained, drained);
  found->membership.changed();
  return {};
}

base::Status ClusterManager::drain(std::string_view cluster, std::string_view host) {
  return setDrained(cluster, host, true);
}
base::Status ClusterManager::undrain(std::string_view cluster, std::string_view host) {
  return setDrained(cluster, host, false);
}

}  // namespace headgate::upstream
