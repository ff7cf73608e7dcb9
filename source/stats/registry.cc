#include "source/stats/registry.h"

namespace headgate::stats {

Shard& Registry::addShard() {
  const std::scoped_lock lock(mutex_);
  return *shards_.emplace_back(std::make_unique<Shard>(*this));
}

uint64_t Registry::counter(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = counters_.find(name);
  return found == counters_.end() ? 0 : sumOfCells(found->second);
}

int64_t Registry::gauge(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = gauges_.find(name);
  return found == gauges_.end() ? 0 : static_cast<int64_t>(sumOfCells(found->second));
}

HistogramSnapshot Registry::histogram(std::string_view name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = histograms_.find(name);
  return found == histograms_.end() ? HistogramSnapshot() : mergedHistogram(found->second);
}

void Registry::forEachCounter(const std::function<void(std::string_view, uint64_t)>& visit) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, index] : counters_) visit(name, sumOfCells(index));
}

void Registry::forEachGauge(const std::function<void(std::string_view, int64_t)>& visit) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, index] : gauges_) visit(name, static_cast<int64_t>(sumOfCells(index)));
}

void Registry::forEachHistogram(const std::function<void(std::string_view, const HistogramSnapshot&)>& visit) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, index] : histograms_) visit(name, mergedHistogram(index));
}

size_t Registry::cellIndex(Names& names, std::string_view name) {
  if (const auto found = names.find(name); found != names.end()) return found->second;
  const size_t index = counters_.size() + gauges_.size();
  names.emplace(name, index);
  return index;
}

size_t Registry::histogramIndex(std::string_view name) {
  if (const auto found = histograms_.find(name); found != histograms_.end()) return found->second;
  return histograms_.emplace(name, histograms_.size()).first->second;
}

uint64_t Registry::sumOfCells(size_t index) const {
  uint64_t sum = 0;  // wraps around for gauges, whose parts may be negative: the sum comes out right
  for (const auto& shard : shards_) {
    if (const Cell* cell = shard->findCell(index)) sum += cell->load(std::memory_order_relaxed);
  }
  return sum;
}

HistogramSnapshot Registry::mergedHistogram(size_t index) const {
  HistogramSnapshot merged;
  for (const auto& shard : shards_) {
    if (const HistogramCell* cell = shard->findHistogram(index)) merged.merge(*cell);
  }
  return merged;
}

}  // namespace headgate::stats
