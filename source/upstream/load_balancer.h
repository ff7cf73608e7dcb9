#pragma once
// The seam of load balancing: which host takes the next request.

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>

#include "source/upstream/cluster_config.h"
#include "source/upstream/host.h"

namespace headgate::upstream {

/// What a pick may look at.
struct PickContext {
  uint64_t random = 0;                    ///< uniformly distributed bits
  std::span<const size_t> tried;          ///< indices that this request has failed on: another is preferred
};

/// What the balancers of one cluster share over all workers.
struct BalancerState {
  std::atomic<uint64_t> turn{0};  ///< round robin's position: even over all workers together, not per worker
};

/// Picks an index into the HostSet that it was built for. A worker's own; rebuilt when the set changes.
class LoadBalancer {
 public:
  static constexpr size_t kNone = SIZE_MAX;
  virtual ~LoadBalancer() = default;
  /// An index into the hosts, or kNone when there are none. Avoids `tried` while another host exists.
  [[nodiscard]] virtual size_t pick(const PickContext& context) = 0;
};

/// `state` and `hosts` outlive the balancer.
[[nodiscard]] std::unique_ptr<LoadBalancer> makeLoadBalancer(LbPolicy policy, const HostSet& hosts, BalancerState& state);

}  // namespace headgate::upstream
