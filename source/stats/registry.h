#pragma once
// All statistics by name, summed over the threads that write them.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "source/stats/shard.h"

namespace headgate::stats {

/// Names -> cells, and the owner of the shards. Made on main before the workers and outlives them all. Every method is
/// safe from any thread: reading sums over the shards under the mutex that binding takes, and never holds up a writer.
/// A sum is not a moment's: it may miss what a worker does meanwhile.
class Registry {
 public:
  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// Cells for one more writing thread; the reference is valid as long as the registry.
  [[nodiscard]] Shard& addShard();

  /// The sum over the shards; 0 for a name that nobody has bound.
  [[nodiscard]] uint64_t counter(std::string_view name) const;
  [[nodiscard]] int64_t gauge(std::string_view name) const;
  [[nodiscard]] HistogramSnapshot histogram(std::string_view name) const;

  /// Calls `visit` for each in the order of the names. `visit` must not come back to the registry or its shards.
  void forEachCounter(const std::function<void(std::string_view name, uint64_t value)>& visit) const;
  void forEachGauge(const std::function<void(std::string_view name, int64_t value)>& visit) const;
  void forEachHistogram(const std::function<void(std::string_view name, const HistogramSnapshot&)>& visit) const;

 private:
  friend class Shard;
  using Names = std::map<std::string, size_t, std::less<>>;

  // Under mutex_.
  size_t cellIndex(Names& names, std::string_view name);
  size_t histogramIndex(std::string_view name);
  [[nodiscard]] uint64_t sumOfCells(size_t index) const;
  [[nodiscard]] HistogramSnapshot mergedHistogram(size_t index) const;

  mutable std::mutex mutex_;
  Names counters_;  ///< counters_ and gauges_ share one space of cell indices
  Names gauges_;
  Names histograms_;
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace headgate::stats
