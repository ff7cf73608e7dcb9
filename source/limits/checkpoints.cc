#include "source/limits/checkpoints.h"

#include <string_view>
#include <unordered_set>
#include <utility>

namespace headgate::limits {

Checkpoints::Checkpoints(event::Loop& loop, BucketTable& table, ClientRegistry& registry)
    : table_(table), registry_(registry), timer_(loop.timers(), this, event::timerCallback<&Checkpoints::onInterval>) {}

void Checkpoints::start(base::Duration interval) {
  interval_ = interval;
  timer_.after(interval_);
}

void Checkpoints::onInterval() {
  timer_.after(interval_);
  if (saving_ || registry_.thread() == nullptr) return;
  Batch batch = gather();
  if (batch->empty()) return;
  saving_ = batch;
  registry_.thread()->saveBuckets(batch, [this](bool saved) {
    if (!saved) unsaved_.push_back(saving_);
    saving_ = nullptr;
  });
}

void Checkpoints::finish() {
  timer_.cancel();
  if (registry_.thread() == nullptr) return;
  // Whether the one on its way arrives is not known; saving it again does no harm.
  if (saving_) unsaved_.push_back(saving_);
  registry_.thread()->saveBuckets(gather(), [](bool) {});
}

Checkpoints::Batch Checkpoints::gather() {
  std::vector<BucketCheckpoint> batch;
  const double capacity = table_.defaults().capacity;
  table_.forEachChanged([&](std::string_view id, const BucketState& state) {
    if (state.tokens >= capacity && registry_.find(id) == nullptr) return;
    batch.push_back({std::string(id), state});
  });
  mergeUnsaved(batch);
  return std::make_shared<const std::vector<BucketCheckpoint>>(std::move(batch));
}

void Checkpoints::mergeUnsaved(std::vector<BucketCheckpoint>& batch) {
  if (unsaved_.empty()) return;
  std::unordered_set<std::string> newer;
  for (const BucketCheckpoint& bucket : batch) newer.insert(bucket.id);
  for (auto older = unsaved_.rbegin(); older != unsaved_.rend(); ++older) {
    for (const BucketCheckpoint& bucket : **older) {
      if (newer.insert(bucket.id).second) batch.push_back(bucket);
    }
  }
  unsaved_.clear();
}

}  // namespace headgate::limits
