#pragma once
// Time as integers: nanoseconds of the monotonic clock for everything that waits, of the wall clock for what people read.

#include <chrono>
#include <cstdint>

namespace headgate::base {

using Duration = std::chrono::nanoseconds;

/// A point of the monotonic clock in nanoseconds; 0 means "never happened" or "off".
using MonotonicTime = int64_t;
/// Nanoseconds since 1970-01-01 UTC.
using WallTime = int64_t;

/// Where a Loop reads the time; tests replace it.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual MonotonicTime monotonic() const = 0;
  [[nodiscard]] virtual WallTime wall() const = 0;
};

class RealClock final : public Clock {
 public:
  [[nodiscard]] MonotonicTime monotonic() const override {
    return std::chrono::steady_clock::now().time_since_epoch().count();
  }
  [[nodiscard]] WallTime wall() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
};

}  // namespace headgate::base
