#pragma once
// The members of a cluster at one moment, and which of them take requests with what weight.

#include <cstdint>
#include <memory>
#include <vector>

#include "source/upstream/host.h"

namespace headgate::upstream {

/// Immutable. Main makes a new one whenever a member comes, goes, or changes its health or weight; sets between which
/// no member came or went share `members`.
struct HostSet {
  /// A member that may be picked.
  struct Candidate {
    uint32_t index;   ///< into `members`
    uint32_t weight;  ///< at least 1; only the ratios matter
  };

  std::shared_ptr<const Members> members;
  std::vector<Candidate> candidates;  ///< in the order of `members`
  bool warming = false;               ///< a candidate has not its full weight yet
  bool panic = false;                 ///< so few are well that health is not looked at

  [[nodiscard]] Host& host(size_t index) const { return *(*members)[index]; }
};

/// The share of its weight that a host has grows from kFirstPercent to all of it within `window` after it came back; 0
/// = at once.
struct SlowStart {
  static constexpr int64_t kFirstPercent = 10;
  base::Duration window{0};
  base::MonotonicTime now = 0;
  /// 10..100.
  [[nodiscard]] uint32_t percent(base::MonotonicTime since) const;
};

/// Those without a flag are the candidates. When fewer than `panicThresholdPercent` of the members that no operator
/// drained are well, all of these are candidates whatever their health; 0 = never.
[[nodiscard]] HostSet makeHostSet(std::shared_ptr<const Members> members, uint32_t panicThresholdPercent = 0,
                                  const SlowStart& slowStart = {});

}  // namespace headgate::upstream
