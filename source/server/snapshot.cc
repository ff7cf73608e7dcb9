#include "source/server/snapshot.h"

#include <string_view>
#include <unordered_map>

namespace headgate::server {
namespace {

std::unique_ptr<const routing::RouteTable> buildRoutes(
    const proxy::ListenerConfig& listener, const std::vector<std::shared_ptr<upstream::Cluster>>& clusters) {
  std::unordered_map<std::string_view, uint32_t> ids;
  for (const auto& cluster : clusters) ids.emplace(cluster->name(), cluster->id());
  std::vector<routing::Route> routes;
  routes.reserve(listener.routes.size());
  for (const routing::RouteConfig& config : listener.routes) {
    std::vector<routing::RouteCluster> shares;
    if (!config.cluster.empty()) shares.push_back({ids.at(config.cluster)});
    for (const auto& cluster : config.clusters) shares.push_back({ids.at(cluster.name), cluster.weight});
    routes.emplace_back(config, std::move(shares), config.mirror ? ids.at(config.mirror->cluster) : 0);
  }
  return std::make_unique<const routing::RouteTable>(std::move(routes));
}

}  // namespace

base::Result<std::shared_ptr<const Snapshot>> buildSnapshot(Bootstrap config, uint64_t version,
                                                            upstream::ClusterManager& clusters,
                                                            log::LogWriter& writer) {
  for (const proxy::ListenerConfig& listener : config.listeners) {
    for (const auto& filter : listener.filters) {
      if (const auto opened = filter->open(writer); !opened) return tl::unexpected(opened.error());
    }
  }
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->version = version;
  for (const upstream::ClusterConfig& cluster : config.clusters)
    snapshot->clusters.push_back(clusters.keepOrAdd(cluster));
  for (const proxy::ListenerConfig& listener : config.listeners) {
    snapshot->routes.push_back(buildRoutes(listener, snapshot->clusters));
  }
  snapshot->config = std::move(config);
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace headgate::server
