#pragma once
// The table's numbers among the statistics.

#include "source/event/timer.h"
#include "source/limits/bucket_table.h"
#include "source/stats/shard.h"

namespace headgate::event {
class Loop;
}

namespace headgate::limits {

/// Sets the gauges "limits.tracked", "limits.records" and "limits.max_tracked" and the counters "limits.dropped" and
/// "limits.overflowed" once a second. Main thread.
class TableStats {
 public:
  static constexpr base::Duration kInterval = std::chrono::seconds(1);

  /// All must outlive it; `shard` is main's.
  TableStats(event::Loop& loop, const BucketTable& table, stats::Shard& shard);

  /// Now.
  void update();

 private:
  void onTimer();

  const BucketTable& table_;
  stats::Gauge tracked_;
  stats::Gauge records_;
  stats::Gauge maxTracked_;
  stats::Counter dropped_;
  stats::Counter overflowed_;
  event::Timer timer_;
};

}  // namespace headgate::limits
