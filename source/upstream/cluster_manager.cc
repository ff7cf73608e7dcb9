#include "source/upstream/cluster_manager.h"

#include <fmt/format.h>

#include <algorithm>

namespace headgate::upstream {
namespace {

constexpr base::Duration kTick = std::chrono::seconds(1);
constexpr uint32_t kMaxWeight = 1000;  // as in the configuration

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::BadRequest, base::ErrorSource::Local, std::move(message));
}

}  // namespace

ClusterManager::ClusterManager(event::Loop& loop, stats::Shard& stats, ClusterMembership::Report report)
    : loop_(loop),
      stats_(stats),
      report_(std::move(report)),
      tick_(loop.timers(), this, event::timerCallback<&ClusterManager::onTick>) {
  tick_.after(kTick);
}

std::unique_ptr<ManagedCluster> ClusterManager::make(const ClusterConfig& config) {
  // Workers post to main: the manager lives as long as its loop turns.
  auto tellOutlier = [this](uint32_t id, const std::shared_ptr<Host>& host, OutlierKind kind) {
    loop_.post([this, id, host, kind] { onOutlier(id, host, kind); });
  };
  const ManagedCluster::Context context{loop_,
                                        stats_,
                                        [this](uint32_t id, std::shared_ptr<const ClusterView> view) {
                                          if (publish_) publish_(id, std::move(view));
                                        },
                                        report_,
                                        [this]() -> net::Resolver& { return resolver(); },
                                        [this] { onClusterWarm(); }};
  return std::make_unique<ManagedCluster>(context, std::make_shared<Cluster>(config, nextId_++, tellOutlier));
}

void ClusterManager::onOutlier(uint32_t clusterId, const std::shared_ptr<Host>& host, OutlierKind kind) {
  for (const auto& cluster : clusters_) {
    if (cluster->cluster()->id() == clusterId) cluster->onOutlier(*host, kind);
  }
}

bool ClusterManager::warm() const {
  return std::all_of(clusters_.begin(), clusters_.end(), [](const auto& cluster) { return cluster->warm(); });
}

net::Resolver& ClusterManager::resolver() {
  if (resolver_ == nullptr) resolver_ = std::make_unique<net::Resolver>(loop_, dns_);
  return *resolver_;
}

void ClusterManager::onClusterWarm() {
  // In the next turn: the workers have the views of this one by then.
  if (warmed_ && warm()) loop_.post(std::exchange(warmed_, nullptr));
}

void ClusterManager::onTick() {
  tick_.after(kTick);
  for (const auto& cluster : clusters_) cluster->refreshGauges();
}

std::vector<ClusterState> ClusterManager::state() const {
  std::vector<ClusterState> states;
  for (const auto& cluster : clusters_) states.push_back(cluster->state());
  return states;
}

std::shared_ptr<Cluster> ClusterManager::keepOrAdd(const ClusterConfig& config) {
  for (auto& known : clusters_) {
    if (known->name() != config.name) continue;
    if (known->cluster()->config() != config) known = make(config);
    return known->cluster();
  }
  return clusters_.emplace_back(make(config))->cluster();
}

ManagedCluster* ClusterManager::find(std::string_view name) const {
  for (const auto& cluster : clusters_) {
    if (cluster->name() == name) return cluster.get();
  }
  return nullptr;
}

std::vector<ClusterEntry> ClusterManager::entries(const std::vector<std::shared_ptr<Cluster>>& clusters) const {
  std::vector<ClusterEntry> entries;
  for (const auto& cluster : clusters) {
    ManagedCluster* managed = find(cluster->name());
    const bool current = managed != nullptr && managed->cluster() == cluster;
    entries.push_back({cluster, current ? managed->membership().view() : nullptr});
  }
  return entries;
}

base::Result<ClusterManager::Found> ClusterManager::findHost(std::string_view cluster, std::string_view host) const {
  ManagedCluster* managed = find(cluster);
  if (managed == nullptr) return refuse(fmt::format("there is no cluster \"{}\"", cluster));
  const Members& members = managed->membership().members();
  const auto found =
      std::find_if(members.begin(), members.end(), [host](const auto& member) { return member->text() == host; });
  if (found == members.end()) return refuse(fmt::format("cluster \"{}\" has no host \"{}\"", cluster, host));
  return Found{managed->membership(), **found};
}

base::Status ClusterManager::setWeight(std::string_view cluster, std::string_view host, uint32_t weight) {
  if (weight < 1 || weight > kMaxWeight)
    return refuse(fmt::format("expected a weight from 1 to {}, got {}", kMaxWeight, weight));
  auto found = findHost(cluster, host);
  if (!found) return tl::unexpected(found.error());
  found->host.setWeight(weight);
  found->membership.note(found->host, "weight", fmt::format("set to {} by an operator", weight));
  return {};
}

base::Status ClusterManager::setDrained(std::string_view cluster, std::string_view host, bool drained) {
  auto found = findHost(cluster, host);
  if (!found) return tl::unexpected(found.error());
  if (found->host.has(kDrained) != drained) {
    found->membership.mark(found->host, kDrained, drained, drained ? "drained" : "undrained", "by an operator");
  }
  return {};
}

base::Status ClusterManager::drain(std::string_view cluster, std::string_view host) {
  return setDrained(cluster, host, true);
}
base::Status ClusterManager::undrain(std::string_view cluster, std::string_view host) {
  return setDrained(cluster, host, false);
}

}  // namespace headgate::upstream
