#pragma once
// One thread's cells.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "source/stats/counter.h"
#include "source/stats/gauge.h"
#include "source/stats/histogram.h"

namespace headgate::stats {

class Registry;

/// The cells that one thread writes: a worker's, main's, the log writer's. The Registry makes it, owns it and keeps it
/// to its own end, so that what a stopped worker counted stays counted. A cell never moves once it was handed out.
///
/// Binding (`counter`, `gauge`, `histogram`) takes the registry's mutex and looks the name up: at construction time,
/// never on the way of a request. Binding one name twice in a shard gives the same cell. A counter and a gauge of one
/// name are two things. Any thread may bind; only the shard's own thread may use what it gets.
class Shard {
 public:
  explicit Shard(Registry& registry) : registry_(registry) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Names are dotted words from the general to the particular: "listener.http.downstream_cx_total".
  [[nodiscard]] Counter counter(std::string_view name);
  [[nodiscard]] Gauge gauge(std::string_view name);
  /// The unit stands in the name: "cluster.app.upstream_rq_time_us".
  [[nodiscard]] Histogram histogram(std::string_view name);

 private:
  friend class Registry;

  /// 4 KiB: shards never share a cache line, whoever binds in which order.
  static constexpr size_t kCellsPerChunk = 512;
  struct alignas(64) Chunk {
    std::array<Cell, kCellsPerChunk> cells{};
  };

  // Under the registry's mutex.
  Cell& cellAt(size_t index);
  HistogramCell& histogramAt(size_t index);
  /// Null: never bound in this shard.
  [[nodiscard]] const Cell* findCell(size_t index) const;
  [[nodiscard]] const HistogramCell* findHistogram(size_t index) const;

  Registry& registry_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::unique_ptr<HistogramCell>> histograms_;
};

}  // namespace headgate::stats
