#pragma once
// Brings the states of buckets to the store from time to time, so that a restart grants no burst.

#include <memory>
#include <vector>

#include "source/event/timer.h"
#include "source/limits/bucket_table.h"
#include "source/limits/client_registry.h"

namespace headgate::limits {

/// Every `interval` the buckets that were used since go to the store thread, one save at a time; what a save could not
/// store goes with the next one. A bucket without a record that is full again is left out: it is worth no more than a
/// new one, and whoever makes up ids cannot fill a disk. Main thread; registry and table outlive it.
class Checkpoints {
 public:
  Checkpoints(event::Loop& loop, BucketTable& table, ClientRegistry& registry);
  Checkpoints(const Checkpoints&) = delete;
  Checkpoints& operator=(const Checkpoints&) = delete;

  void start(base::Duration interval);
  /// Everything that is not saved yet, for the end of the process: the store thread does it before it stops.
  void finish();

 private:
  using Batch = std::shared_ptr<const std::vector<BucketCheckpoint>>;

  void onInterval();
  [[nodiscard]] Batch gather();
  void mergeUnsaved(std::vector<BucketCheckpoint>& batch);

  BucketTable& table_;
  ClientRegistry& registry_;
  event::Timer timer_;
  base::Duration interval_{0};
  Batch saving_;                ///< on its way; null: none is
  std::vector<Batch> unsaved_;  ///< older first
};

}  // namespace headgate::limits
