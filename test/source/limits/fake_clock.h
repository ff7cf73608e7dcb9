#pragma once
// Two clocks that stand still until a test moves them.

#include "source/base/clock.h"

namespace headgate::limits {

inline constexpr base::MonotonicTime kSecond = 1'000'000'000;

class FakeClock final : public base::Clock {
 public:
  [[nodiscard]] base::MonotonicTime monotonic() const override { return now; }
  [[nodiscard]] base::WallTime wall() const override { return wallNow; }
  /// Both clocks.
  void advance(base::Duration by) {
    now += by.count();
    wallNow += by.count();
  }

  base::MonotonicTime now = 1000 * kSecond;
  base::WallTime wallNow = 1'700'000'000 * kSecond;
};

}  // namespace headgate::limits
