#pragma once
// How many retries a cluster may get, as a share of its requests, so that a failing cluster is not hit harder.

#include <array>
#include <cstdint>

#include "source/base/clock.h"

namespace headgate::upstream {

/// Requests and retries of the last ten seconds, by the second. Counts only retries of what may have been sent. One worker's view. Worker thread.
class RetryBudget {
 public:
  static constexpr int64_t kWindowSeconds = 10;

  void countRequest(base::MonotonicTime now) { ++slot(now).requests; }
  /// Takes a retry out of the budget if it fits: at most `percent` of the window's requests, and in any case `minPerSecond` in each second.
  [[nodiscard]] bool take(base::MonotonicTime now, uint32_t percent, uint32_t minPerSecond);

 private:
  struct Slot {
    int64_t second = -1;
    uint32_t requests = 0;
    uint32_t retries = 0;
  };
  Slot& slot(base::MonotonicTime now) {
    const int64_t second = now / 1'000'000'000;
    Slot& slot = slots_[static_cast<size_t>(second % kWindowSeconds)];
    if (slot.second != second) slot = {second, 0, 0};
    return slot;
  }
  std::array<Slot, kWindowSeconds> slots_;
};

}  // namespace headgate::upstream
