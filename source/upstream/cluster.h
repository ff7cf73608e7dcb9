#pragma once
// A group of backends: its configuration, its members and what all workers share about it.

#include <memory>
#include <string>

#include "source/upstream/cluster_config.h"
#include "source/upstream/host.h"
#include "source/upstream/load_balancer.h"

namespace headgate::upstream {

/// The truth of one cluster. Built on main; configuration and members are read by the workers, the balancer state is shared by them. With static members the
/// host set never changes; discovery will post a new one to the workers.
class Cluster {
 public:
  /// `id` is its place in every worker's list, unique in the process.
  Cluster(ClusterConfig config, uint32_t id);

  [[nodiscard]] uint32_t id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return config_.name; }
  [[nodiscard]] const ClusterConfig& config() const { return config_; }
  [[nodiscard]] const std::shared_ptr<const HostSet>& hosts() const { return hosts_; }
  [[nodiscard]] BalancerState& balancerState() { return balancerState_; }

 private:
  const ClusterConfig config_;
  const uint32_t id_;
  std::shared_ptr<const HostSet> hosts_;
  BalancerState balancerState_;
};

}  // namespace headgate::upstream
