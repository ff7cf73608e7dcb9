#pragma once
// A weighted order of hosts, worked out once, so that a pick is one look into an array.

#include <cstdint>
#include <vector>

#include "source/upstream/host_set.h"

namespace headgate::upstream::lb {

/// Smooth weighted round robin written out for one whole period: candidate i appears weight(i) / gcd times, spread
/// evenly, as its index into the members. For equal weights it is each once. Periods are cut at kMaxPeriod by scaling
/// the weights (each host keeps at least one place).
[[nodiscard]] std::vector<uint32_t> smoothSchedule(const HostSet& set);
inline constexpr size_t kMaxPeriod = 16384;

}  // namespace headgate::upstream::lb
