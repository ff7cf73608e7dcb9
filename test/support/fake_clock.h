#pragma once
// A clock that only the test moves.

#include <mutex>

#include "source/base/clock.h"

namespace headgate::test {

/// Set by the test's thread only, read by any.
class FakeClock final : public base::Clock {
 public:
  [[nodiscard]] base::MonotonicTime monotonic() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  [[nodiscard]] base::WallTime wall() const override { return monotonic(); }
  void advance(base::Duration by) {
    const std::scoped_lock lock(mutex_);
    now_ += by.count();
  }

 private:
  mutable std::mutex mutex_;
  base::MonotonicTime now_ = 1'000'000'000'000;
};

}  // namespace headgate::test
