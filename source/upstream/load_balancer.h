#pragma once
// The seam of load balancing: which host takes the next request.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "source/upstream/cluster_config.h"
#include "source/upstream/host_set.h"

namespace headgate::upstream {

/// What a pick may look at.
struct PickContext {
  uint64_t random = 0;                 ///< uniformly distributed bits
  std::span<const Host* const> tried;  ///< hosts that this request has failed on: another is preferred
  std::optional<uint64_t> hash;        ///< of the key that the hashing balancers go by; nothing: the request has none
};

/// What the balancers of one cluster share over all workers, and with those that replace them.
struct BalancerState {
  std::atomic<uint64_t> turn{0};  ///< round robin's position: even over all workers together, not per worker
};

/// Picks among the candidates of the HostSet that it was built for. Built on main, immutable, shared by the workers:
/// what a table costs is paid once.
class LoadBalancer {
 public:
  static constexpr size_t kNone = SIZE_MAX;
  virtual ~LoadBalancer() = default;
  /// An index into the members, or kNone when there is no candidate. Avoids `tried` while another candidate exists.
  [[nodiscard]] virtual size_t pick(const PickContext& context) const = 0;
};

/// `state` and `set` outlive the balancer.
[[nodiscard]] std::unique_ptr<const LoadBalancer> makeLoadBalancer(LbPolicy policy, const HostSet& set,
                                                                   BalancerState& state);

/// A host set with its balancer: what main posts to the workers whenever either changes.
struct ClusterView {
  HostSet set;
  std::unique_ptr<const LoadBalancer> balancer;
};

}  // namespace headgate::upstream
