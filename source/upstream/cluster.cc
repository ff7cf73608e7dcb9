#include "source/upstream/cluster.h"

namespace headgate::upstream {

Cluster::Cluster(ClusterConfig config, uint32_t id) : config_(std::move(config)), id_(id) {
  auto set = std::make_shared<HostSet>();
  for (const EndpointConfig& endpoint : config_.endpoints) {
    set->hosts.push_back(std::make_shared<Host>(endpoint.address, endpoint.weight));
  }
  hosts_ = std::move(set);
}

}  // namespace headgate::upstream
