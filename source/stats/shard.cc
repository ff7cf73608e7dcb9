#include "source/stats/shard.h"

#include <mutex>

#include "source/stats/registry.h"

namespace headgate::stats {

Counter Shard::counter(std::string_view name) {
  const std::scoped_lock lock(registry_.mutex_);
  return Counter(cellAt(registry_.cellIndex(registry_.counters_, name)));
}

Gauge Shard::gauge(std::string_view name) {
  const std::scoped_lock lock(registry_.mutex_);
  return Gauge(cellAt(registry_.cellIndex(registry_.gauges_, name)));
}

Histogram Shard::histogram(std::string_view name) {
  const std::scoped_lock lock(registry_.mutex_);
  return Histogram(histogramAt(registry_.histogramIndex(name)));
}

Cell& Shard::cellAt(size_t index) {
  const size_t chunk = index / kCellsPerChunk;
  if (chunk >= chunks_.size()) chunks_.resize(chunk + 1);
  if (chunks_[chunk] == nullptr) chunks_[chunk] = std::make_unique<Chunk>();
  return chunks_[chunk]->cells[index % kCellsPerChunk];
}

HistogramCell& Shard::histogramAt(size_t index) {
  if (index >= histograms_.size()) histograms_.resize(index + 1);
  if (histograms_[index] == nullptr) histograms_[index] = std::make_unique<HistogramCell>();
  return *histograms_[index];
}

const Cell* Shard::findCell(size_t index) const {
  const size_t chunk = index / kCellsPerChunk;
  if (chunk >= chunks_.size() || chunks_[chunk] == nullptr) return nullptr;
  return &chunks_[chunk]->cells[index % kCellsPerChunk];
}

const HistogramCell* Shard::findHistogram(size_t index) const {
  return index < histograms_.size() ? histograms_[index].get() : nullptr;
}

}  // namespace headgate::stats
