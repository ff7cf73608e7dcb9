#include "source/stats/histogram.h"

#include <algorithm>
#include <cmath>

namespace headgate::stats {

void HistogramSnapshot::merge(const HistogramCell& cell) {
  for (size_t i = 0; i < buckets_.size(); ++i) {
    const uint64_t inBucket = cell.buckets[i].load(std::memory_order_relaxed);
    buckets_[i] += inBucket;
    count_ += inBucket;
  }
  sum_ += cell.sum.load(std::memory_order_relaxed);
  max_ = std::max(max_, cell.max.load(std::memory_order_relaxed));
}

double HistogramSnapshot::mean() const {
  return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
}

double HistogramSnapshot::percentile(double percent) const {
  if (count_ == 0) return 0;
  const double wanted = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(count_);
  // The nearest rank: the 1st to the count_th smallest value.
  const auto rank = std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(wanted)), 1, count_);
  if (rank == count_ && max_ != 0) return static_cast<double>(max_);
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen < rank) continue;
    const uint64_t low = HistogramBuckets::lowerBound(i);
    const uint64_t high = HistogramBuckets::lowerBound(i + 1) - 1;
    const double middle = (static_cast<double>(low) + static_cast<double>(high)) / 2;
    return max_ == 0 ? middle : std::min(middle, static_cast<double>(max_));
  }
  return static_cast<double>(max_);
}

uint64_t HistogramSnapshot::countBelow(uint64_t limit) const {
  uint64_t below = 0;
  for (size_t i = 0; i < buckets_.size() && HistogramBuckets::lowerBound(i + 1) <= limit; ++i) below += buckets_[i];
  return below;
}

HistogramSnapshot HistogramSnapshot::since(const HistogramSnapshot& earlier) const {
  HistogramSnapshot between;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    between.buckets_[i] = buckets_[i] - earlier.buckets_[i];
    if (between.buckets_[i] == 0) continue;
    between.count_ += between.buckets_[i];
    between.max_ = std::min(HistogramBuckets::lowerBound(i + 1) - 1, max_);
  }
  between.sum_ = sum_ - earlier.sum_;
  return between;
}

}  // namespace headgate::stats
