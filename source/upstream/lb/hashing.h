#pragma once
// Balancers that send one key to one host, whoever else comes or goes.

#include <memory>

#include "source/upstream/load_balancer.h"

namespace headgate::upstream::lb {

/// A ring of points, kPointsPerHost for a host of the least weight, as in ketama: a host that leaves gives each of its
/// keys to the next point's host and moves no other. Shares differ by some per cent. A pick without a hash is random.
[[nodiscard]] std::unique_ptr<const LoadBalancer> makeRingHash(const HostSet& set);
inline constexpr size_t kPointsPerHost = 160;
inline constexpr size_t kMaxPoints = size_t{1} << 20;

/// Maglev (Eisenbud et al., NSDI 2016, section 3.4): a table of kMaglevSlots filled in turn by each host's own
/// permutation. Shares are even to within a per cent or two, a pick is one look; a host that leaves moves a few keys of
/// others too.
[[nodiscard]] std::unique_ptr<const LoadBalancer> makeMaglev(const HostSet& set);
inline constexpr size_t kMaglevSlots = 65537;  // prime; over a hundred times the hosts

}  // namespace headgate::upstream::lb
