#pragma once
// A weighted order of hosts, worked out once, so that a pick is one look into an array.

#include <cstdint>
#include <vector>

#include "source/upstream/host.h"

namespace headgate::upstream::lb {

/// Smooth weighted round robin written out for one whole period: host i appears weight(i) / gcd times, spread evenly. For equal weights it is 0..n-1. Periods are
/// cut at kMaxPeriod by scaling the weights (each host keeps at least one place).
[[nodiscard]] std::vector<uint32_t> smoothSchedule(const HostSet& hosts);
inline constexpr size_t kMaxPeriod = 16384;

}  // namespace headgate::upstream::lb
