#pragma once
// What is counted about the store.

#include "source/stats/shard.h"

namespace headgate::limits {

/// The store thread's cells.
struct StoreStats {
  explicit StoreStats(stats::Shard& shard)
      : connected(shard.gauge("store.connected")),
        revision(shard.gauge("store.revision")),
        failures(shard.counter("store.failures")),
        reconnects(shard.counter("store.reconnects")),
        writes(shard.counter("store.writes")),
        writesUnavailable(shard.counter("store.writes_unavailable")),
        changes(shard.counter("store.changes")),
        checkpoints(shard.counter("store.checkpoints")),
        checkpointFailures(shard.counter("store.checkpoint_failures")),
        checkpointedBuckets(shard.counter("store.checkpointed_buckets")),
        writeTime(shard.histogram("store.write_time_us")) {}

  stats::Gauge connected;            ///< 1: it answers
  stats::Gauge revision;             ///< of the last change that main was told
  stats::Counter failures;           ///< times that it was lost
  stats::Counter reconnects;         ///< times that it came back
  stats::Counter writes;             ///< creates, puts, patches, removals and batches that it answered
  stats::Counter writesUnavailable;  ///< those that it could not
  stats::Counter changes;            ///< records that others changed
  stats::Counter checkpoints;
  stats::Counter checkpointFailures;
  stats::Counter checkpointedBuckets;
  stats::Histogram writeTime;  ///< a write or a batch, at the store
};

}  // namespace headgate::limits
