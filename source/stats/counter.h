#pragma once
// A number that only grows.

#include <cstdint>

#include "source/stats/cell.h"

namespace headgate::stats {

/// A handle to one shard's cell of a counter: what this shard's thread counted since the start. Eight bytes, copied
/// freely; valid as long as the Registry. Got from `Shard::counter`, at construction time, never per request.
/// Thread: the one of its shard.
class Counter {
 public:
  explicit Counter(Cell& cell) : cell_(&cell) {}

  void inc() { addTo(*cell_, 1); }
  void add(uint64_t amount) { addTo(*cell_, amount); }
  /// What this shard alone has counted; the Registry has the sum.
  [[nodiscard]] uint64_t value() const { return cell_->load(std::memory_order_relaxed); }

 private:
  Cell* cell_;
};

}  // namespace headgate::stats
