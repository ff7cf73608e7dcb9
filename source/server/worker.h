#pragma once
// One data-plane thread.

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "source/event/loop.h"
#include "source/limits/bucket_table.h"
#include "source/log/event_log.h"
#include "source/proxy/worker_listener.h"
#include "source/server/snapshot.h"
#include "source/server/worker_snapshot.h"
#include "source/stats/registry.h"
#include "source/upstream/worker_cluster.h"

namespace headgate::server {

/// A loop on a thread of its own with everything that lives there. Methods without another note are called on main and
/// post to the loop.
class Worker {
 public:
  /// All must outlive it.
  Worker(uint32_t index, event::Loop& mainLoop, stats::Registry& stats, log::LogWriter& writer,
         limits::BucketTable& buckets);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  using Clusters = std::vector<upstream::ClusterEntry>;

  /// Starts the thread with its first configuration and the clusters of it. `shared`: one entry a listener, outliving
  /// the worker.
  void start(std::shared_ptr<const Snapshot> snapshot, Clusters clusters, std::vector<proxy::ListenerShared>& shared);
  /// Begins to accept on listener `index`.
  void listen(size_t index, net::Socket socket, proxy::WorkerListener::Dealer dealer);
  /// Gives an accepted connection to listener `index`. Any thread.
  void adopt(size_t index, net::Socket socket);
  /// New streams use `snapshot` from the moment that the worker gets it; those that run keep theirs. The listeners must
  /// be the same.
  void apply(std::shared_ptr<const Snapshot> snapshot, Clusters clusters);
  /// The members of a cluster, or what is known of them, have changed.
  void update(uint32_t clusterId, std::shared_ptr<const upstream::ClusterView> view);
  /// Stops accepting and lets all connections finish. On main, `closed` runs when the listeners are closed and what
  /// they had accepted is dealt, `drained` when all connections have ended.
  void drain(std::function<void()> drained, std::function<void()> closed);
  /// Closes all connections and ends the thread; returns when it has ended.
  void stop();

  [[nodiscard]] event::Loop& loop() { return loop_; }

 private:
  // Worker thread.
  void run();
  void use(std::shared_ptr<const Snapshot> snapshot, const Clusters& clusters);
  void shutDown();

  const uint32_t index_;
  event::Loop& mainLoop_;
  stats::Shard& stats_;
  log::LogWriter& writer_;
  limits::TableView buckets_;
  event::Loop loop_;
  std::thread thread_;

  // Made and used on the worker's thread.
  std::unique_ptr<log::EventLog> events_;
  std::unique_ptr<upstream::WorkerClusters> clusters_;
  std::vector<std::unique_ptr<proxy::WorkerListener>> listeners_;
  WorkerSnapshot* current_ = nullptr;
};

}  // namespace headgate::server
