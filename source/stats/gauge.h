#pragma once
// A number that rises and falls.

#include <cstdint>

#include "source/stats/cell.h"

namespace headgate::stats {

/// A handle to one shard's part of a gauge. The Registry shows the sum of the parts, so a part may well be negative:
/// what one thread added another may take away. Eight bytes, copied freely; valid as long as the Registry.
/// Thread: the one of its shard.
class Gauge {
 public:
  explicit Gauge(Cell& cell) : cell_(&cell) {}

  void inc() { addTo(*cell_, 1); }
  void dec() { addTo(*cell_, ~uint64_t{0}); }
  void add(int64_t amount) { addTo(*cell_, static_cast<uint64_t>(amount)); }
  /// Sets this shard's part.
  void set(int64_t value) { cell_->store(static_cast<uint64_t>(value), std::memory_order_relaxed); }
  /// This shard's part; the Registry has the sum.
  [[nodiscard]] int64_t value() const { return static_cast<int64_t>(cell_->load(std::memory_order_relaxed)); }

 private:
  Cell* cell_;
};

}  // namespace headgate::stats
