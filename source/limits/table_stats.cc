#include "source/limits/table_stats.h"

#include "source/event/loop.h"

namespace headgate::limits {

TableStats::TableStats(event::Loop& loop, const BucketTable& table, stats::Shard& shard)
    : table_(table),
      tracked_(shard.gauge("limits.tracked")),
      records_(shard.gauge("limits.records")),
      maxTracked_(shard.gauge("limits.max_tracked")),
      dropped_(shard.counter("limits.dropped")),
      overflowed_(shard.counter("limits.overflowed")),
      timer_(loop.timers(), this, event::timerCallback<&TableStats::onTimer>) {
  onTimer();
}

void TableStats::update() {
  const TableFacts facts = table_.facts();
  tracked_.set(static_cast<int64_t>(facts.tracked));
  records_.set(static_cast<int64_t>(facts.records));
  maxTracked_.set(static_cast<int64_t>(facts.maxTracked));
  dropped_.add(facts.dropped - dropped_.value());
  overflowed_.add(facts.overflowed - overflowed_.value());
}

void TableStats::onTimer() {
  update();
  timer_.after(kInterval);
}

}  // namespace headgate::limits
