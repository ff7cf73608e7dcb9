#pragma once
// A worker's instance of a Snapshot.

#include <functional>
#include <memory>
#include <vector>

#include "source/proxy/listener_runtime.h"
#include "source/server/snapshot.h"

namespace headgate::server {

/// Owns the WorkerFilters of one config version on one worker. Pinned by the worker while it is current and by each stream that began under it; when the last pin goes it
/// frees itself and hands its Snapshot reference to `release`, which posts it to main: freeing a large configuration would stall a worker. Worker thread.
class WorkerSnapshot final : public proxy::Pinned {
 public:
  using Release = std::function<void(std::shared_ptr<const Snapshot>)>;

  /// Made with one pin, the worker's.
  WorkerSnapshot(std::shared_ptr<const Snapshot> snapshot, const api::WorkerContext& context, Release release);

  [[nodiscard]] const Snapshot& snapshot() const { return *snapshot_; }
  [[nodiscard]] proxy::ListenerRuntime& listener(size_t index) { return *listeners_[index]; }
  /// Hands over what the filters have buffered.
  void flush();

 private:
  ~WorkerSnapshot() = default;
  void onUnpinned() override;

  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<std::unique_ptr<proxy::ListenerRuntime>> listeners_;
  Release release_;
};

}  // namespace headgate::server
