#include "source/server/worker_snapshot.h"

namespace headgate::server {

WorkerSnapshot::WorkerSnapshot(std::shared_ptr<const Snapshot> snapshot, const api::WorkerContext& context, Release release)
    : snapshot_(std::move(snapshot)), release_(std::move(release)) {
  for (size_t i = 0; i < snapshot_->config.listeners.size(); ++i) {
    const proxy::ListenerConfig& config = snapshot_->config.listeners[i];
    auto runtime = std::unique_ptr<proxy::ListenerRuntime>(
        new proxy::ListenerRuntime{config, *snapshot_->routes[i], *this, {}});
    for (const auto& filter : config.filters) runtime->filters.push_back(filter->makeWorkerFilter(context));
    listeners_.push_back(std::move(runtime));
  }
  pin();
}

void WorkerSnapshot::flush() {
  for (const auto& listener : listeners_) {
    for (const auto& filter : listener->filters) filter->flush();
  }
}

void WorkerSnapshot::onUnpinned() {
  auto snapshot = std::move(snapshot_);
  auto release = std::move(release_);
  listeners_.clear();
  delete this;
  release(std::move(snapshot));
}

}  // namespace headgate::server
