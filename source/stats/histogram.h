#pragma once
// The distribution of a value: how many were how large, to within 2 %.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "source/stats/cell.h"

namespace headgate::stats {

/// The bounds of the log-linear buckets: each power of two is cut into 32 equal parts, and values below 32 have a
/// bucket each. The middle of a bucket is therefore within 1/64 (1.6 %) of every value in it.
struct HistogramBuckets {
  static constexpr unsigned kSubBits = 5;
  static constexpr unsigned kSubBuckets = 1U << kSubBits;
  /// Larger values are counted in the last bucket: 2^40 is 12.7 days in microseconds, or 1 TiB in bytes.
  static constexpr unsigned kMaxBits = 40;
  static constexpr uint64_t kMaxValue = (uint64_t{1} << kMaxBits) - 1;
  static constexpr size_t kCount = (kMaxBits - kSubBits + 1) * kSubBuckets;

  [[nodiscard]] static constexpr size_t indexOf(uint64_t value) {
    if (value > kMaxValue) value = kMaxValue;
    if (value < kSubBuckets) return static_cast<size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
    // The leading bit of value >> shift counts one row of buckets: the rows stand one after the other.
    return shift * kSubBuckets + static_cast<size_t>(value >> shift);
  }
  /// The smallest value of bucket `index`; for kCount: kMaxValue + 1.
  [[nodiscard]] static constexpr uint64_t lowerBound(size_t index) {
    if (index < 2 * kSubBuckets) return index;
    const size_t shift = index / kSubBuckets - 1;
    return static_cast<uint64_t>(index - shift * kSubBuckets) << shift;
  }
};

/// One shard's counts: about 9 KiB. Written by the shard's thread, read by any.
struct HistogramCell {
  Cell sum{0};
  Cell max{0};
  std::array<Cell, HistogramBuckets::kCount> buckets{};
};

/// A handle to one shard's cell of a histogram, whose unit is the caller's and stands in its name ("..._us"). Valid as
/// long as the Registry. Thread: the one of its shard.
class Histogram {
 public:
  explicit Histogram(HistogramCell& cell) : cell_(&cell) {}

  void record(uint64_t value) {
    addTo(cell_->buckets[HistogramBuckets::indexOf(value)], 1);
    addTo(cell_->sum, value);
    if (value > cell_->max.load(std::memory_order_relaxed)) cell_->max.store(value, std::memory_order_relaxed);
  }

 private:
  HistogramCell* cell_;
};

/// The merged counts of all shards at one moment, since the start; `since` gives those between two moments. A plain
/// value of about 9 KiB for any thread. While workers record, count and sum may differ by what is under way.
class HistogramSnapshot {
 public:
  void merge(const HistogramCell& cell);

  [[nodiscard]] uint64_t count() const { return count_; }
  [[nodiscard]] uint64_t sum() const { return sum_; }
  [[nodiscard]] uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const;
  /// The value that `percent` (0..100) of the recorded ones do not exceed, to within 2 %; 0 if there are none.
  [[nodiscard]] double percentile(double percent) const;
  /// How many recorded values lie in buckets wholly below `limit`: exact where `limit` bounds a bucket (every number up
  /// to 64 and every power of two), else up to one bucket (3.2 %) less.
  [[nodiscard]] uint64_t countBelow(uint64_t limit) const;

  /// What was recorded after `earlier` was taken of the same histogram. The largest value is then known by its bucket.
  [[nodiscard]] HistogramSnapshot since(const HistogramSnapshot& earlier) const;

 private:
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t max_ = 0;
  std::array<uint64_t, HistogramBuckets::kCount> buckets_{};
};

}  // namespace headgate::stats
