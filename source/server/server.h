#pragma once
// The process: main loop, workers, listening sockets, signals, the end.

#include <memory>
#include <optional>
#include <vector>

#include "source/event/loop.h"
#include "source/event/signals.h"
#include "source/limits/bucket_table.h"
#include "source/limits/checkpoints.h"
#include "source/limits/client_registry.h"
#include "source/limits/table_stats.h"
#include "source/log/log_writer.h"
#include "source/server/bootstrap.h"
#include "source/server/worker.h"
#include "source/stats/registry.h"
#include "source/upstream/cluster_manager.h"

namespace headgate::server {

/// Runs one configuration until a signal. SIGTERM, SIGINT: drain, then end; a second one ends at once (exit code 1).
/// SIGUSR1: reopen the log files. Main thread.
class Server {
 public:
  Server();
  ~Server();

  /// Reads all clients from the store (turning the loop meanwhile; when the store is out of reach it goes on without it
  /// after some seconds), binds all listeners and starts the workers; an error leaves nothing running. The listeners
  /// open at once, or, where clusters check health, when the first round of checks is over, which `run` waits for.
  [[nodiscard]] base::Status start(Bootstrap config);
  /// Turns until the server has ended; the exit code.
  int run();

  /// Puts another configuration in place of the current one without touching connections. The listeners must be the
  /// same in number, name and address, and the storage the same. An error leaves everything as it was.
  [[nodiscard]] base::Status apply(Bootstrap config);

  /// Begins the end: no new connections, what is in flight finishes within the longest listener's `drain`.
  void drain();

  /// Starting until the data listeners are open, then Live, then Draining to the end.
  enum class State : uint8_t { Starting, Live, Draining };
  [[nodiscard]] State state() const {
    return draining_ ? State::Draining : started_ ? State::Live : State::Starting;
  }
  /// What runs; null while starting.
  [[nodiscard]] const Snapshot* snapshot() const { return snapshot_.get(); }
  [[nodiscard]] size_t workers() const { return workers_.size(); }

  [[nodiscard]] event::Loop& loop() { return loop_; }
  [[nodiscard]] const stats::Registry& stats() const { return stats_; }
  /// For what an operator asks and does. Main thread.
  [[nodiscard]] upstream::ClusterManager& clusters() { return clusters_; }
  /// The data listeners are open, and no drain has begun.
  [[nodiscard]] bool ready() const { return started_ && !draining_; }
  /// Null until `start` has made them; then as long as the server. Whether the store is out of reach says
  /// `clients()->status()`.
  [[nodiscard]] limits::ClientRegistry* clients() { return clients_ ? &*clients_ : nullptr; }
  [[nodiscard]] limits::BucketTable* buckets() { return buckets_ ? &*buckets_ : nullptr; }
  /// The address that a listener is bound to: with port 0 configured, the one that the kernel chose.
  [[nodiscard]] const net::Address& boundAddress(size_t listener) const { return bound_[listener]; }
  /// How many clients are connected to a listener now.
  [[nodiscard]] uint32_t connections(size_t listener) const { return shared_[listener].connections.load(std::memory_order_relaxed); }

 private:
  struct Bound {
    std::vector<net::Socket> sockets;  ///< one a worker; a Unix socket: one
    net::Address address;
  };
  base::Result<Bound> bind(const net::Address& address, size_t workers);
  /// Lets connections in, once the clusters know who of their hosts is well.
  base::Status open();
  void openWhenWarm();
  void handOut(size_t listener, Bound bound);
  void onSignal();
  void onWorkerDrained();
  void onDrainOver();
  void logSummary();
  /// The table of buckets, of the configuration that the server starts with.
  void makeBuckets();
  base::Status loadClients();

  const base::RealClock clock_;
  event::Loop loop_{clock_};
  event::Signals signals_;
  stats::Registry stats_;
  log::LogWriter writer_;
  upstream::ClusterManager clusters_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::vector<proxy::ListenerShared> shared_;
  std::vector<net::Address> bound_;
  std::optional<limits::BucketTable> buckets_;  ///< from the start on; whatever configuration is current
  std::optional<limits::TableStats> bucketStats_;
  std::vector<Bound> unopened_;  ///< bound, not listening yet
  std::optional<limits::ClientRegistry> clients_;
  std::optional<limits::Checkpoints> checkpoints_;
  std::vector<std::unique_ptr<Worker>> workers_;
  event::Timer drainTimer_;
  size_t undrained_ = 0;
  uint64_t version_ = 0;
  int exitCode_ = 0;
  bool started_ = false;
  bool draining_ = false;
};

}  // namespace headgate::server
