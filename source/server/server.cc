#include "source/server/server.h"

#include <fmt/format.h>
#include <glog/logging.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "source/server/file_limit.h"

namespace headgate::server {
namespace {

constexpr int kExitSecondSignal = 1;
constexpr int kExitFailedStart = 1;

uint32_t workerCount(const Bootstrap& config) {
  if (config.workers > 0) return config.workers;
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMaxWorkers);
}

/// The longest of the listeners; nothing if one of them waits without end.
std::optional<base::Duration> drainTimeout(const std::vector<proxy::ListenerConfig>& listeners) {
  base::Duration longest{0};
  for (const proxy::ListenerConfig& listener : listeners) {
    if (listener.timeouts.drain.count() == 0) return std::nullopt;
    longest = std::max(longest, listener.timeouts.drain);
  }
  return longest;
}

/// After this time a bucket of the default limit is full again, and its state worth nothing; an hour to a year.
base::Duration timeToFill(const limits::LimitSpec& limit) {
  constexpr base::Duration kLeast = std::chrono::hours(1);
  constexpr base::Duration kMost = std::chrono::hours(24 * 365);
  const double seconds = limit.ratePerSec > 0 ? limit.capacity / limit.ratePerSec : 1e9;
  return std::clamp(std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds)), kLeast, kMost);
}

}  // namespace

Server::Server()
    : signals_(loop_),
      writer_(stats_.addShard()),
      clusters_(loop_, stats_.addShard(),
                [this](log::Severity severity, std::string line) { writer_.postEvent(severity, std::move(line)); }),
      drainTimer_(loop_.timers(), this, event::timerCallback<&Server::onDrainOver>) {
  event::Signals::ignorePipe();
}

Server::~Server() {
  workers_.clear();
  if (clients_) clients_->stop();
  writer_.stop();
  for (const net::Address& address : bound_) {
    if (address.isUnix()) ::unlink(address.path().c_str());
  }
}

base::Result<Server::Bound> Server::bind(const net::Address& address, size_t workers) {
  Bound bound;
  bound.address = address;
  const size_t sockets = address.isUnix() ? 1 : workers;
  for (size_t i = 0; i < sockets; ++i) {
    auto socket = net::bindTo(bound.address, true);
    if (!socket) return tl::unexpected(socket.error());
    // With port 0 the kernel chooses for the first; the others join it.
    bound.address = net::boundAddress(*socket, bound.address);
    bound.sockets.push_back(std::move(*socket));
  }
  return bound;
}

base::Status Server::start(Bootstrap config) {
  if (const auto warning = fileLimitWarning(config, raiseFileLimit())) LOG(WARNING) << *warning;
  clusters_.setDns(config.dns);
  auto snapshot = buildSnapshot(std::move(config), ++version_, clusters_, writer_);
  if (!snapshot) return tl::unexpected(snapshot.error());
  snapshot_ = *snapshot;
  const auto& listeners = snapshot_->config.listeners;
  const uint32_t count = workerCount(snapshot_->config);
  makeBuckets();
  writer_.start();
  if (auto loaded = loadClients(); !loaded) return loaded;

  std::vector<Bound> all;
  for (const proxy::ListenerConfig& listener : listeners) {
    auto bound = bind(listener.address, count);
    if (!bound) return tl::unexpected(bound.error());
    bound_.push_back(
        bound->address);  // at once: the destructor removes the files of sockets also if a later listener fails
    all.push_back(std::move(*bound));
  }

  shared_ = std::vector<proxy::ListenerShared>(listeners.size());
  for (uint32_t i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, loop_, stats_, writer_, *buckets_));
    workers_.back()->start(snapshot_, clusters_.entries(snapshot_->clusters), shared_);
  }
  clusters_.onPublish([this](uint32_t id, const std::shared_ptr<const upstream::ClusterView>& view) {
    for (const auto& worker : workers_) worker->update(id, view);
  });
  unopened_ = std::move(all);
  // Before the line that says so: whoever waits for it may signal at once.
  signals_.on(SIGTERM, [this] { onSignal(); });
  signals_.on(SIGINT, [this] { onSignal(); });
  signals_.on(SIGUSR1, [this] { writer_.reopen(); });
  if (clusters_.warm()) return open();
  LOG(INFO) << "waiting for the first health checks";
  clusters_.onWarm([this] { openWhenWarm(); });
  return {};
}

void Server::makeBuckets() {
  const limits::LimitsConfig& config = snapshot_->config.limits;
  buckets_.emplace(config.defaults, config.maxTrackedClients, clock_);
  bucketStats_.emplace(loop_, *buckets_, stats_.addShard());
  const bool limited =
      std::any_of(snapshot_->config.listeners.begin(), snapshot_->config.listeners.end(),
                  [](const proxy::ListenerConfig& listener) {
                    return std::any_of(listener.filters.begin(), listener.filters.end(),
                                       [](const auto& filter) { return filter->name() == "ratelimit"; });
                  });
  const std::string_view advice = limits::adviceOn(config);
  if (limited && !advice.empty()) LOG(WARNING) << advice;
}

base::Status Server::open() {
  const auto& listeners = snapshot_->config.listeners;
  for (size_t i = 0; i < unopened_.size(); ++i) {
    for (const net::Socket& socket : unopened_[i].sockets) {
      if (auto listening = net::startListening(socket, unopened_[i].address); !listening) return listening;
    }
    LOG(INFO) << "listener \"" << listeners[i].name << "\" listens on " << unopened_[i].address.text();
    handOut(i, std::move(unopened_[i]));
  }
  unopened_.clear();
  started_ = true;
  LOG(INFO) << "started with " << workers_.size() << (workers_.size() == 1 ? " worker" : " workers");
  return {};
}

void Server::openWhenWarm() {
  if (draining_) return;
  if (const base::Status opened = open(); !opened) {
    LOG(ERROR) << opened.error().message;
    exitCode_ = kExitFailedStart;
    loop_.stop();
  }
}

base::Status Server::loadClients() {
  const Bootstrap& config = snapshot_->config;
  limits::StoreThread::Options options;
  options.node = limits::nodeName(config.node);
  options.bucketsKept = timeToFill(config.limits.defaults);
  clients_.emplace(loop_, *buckets_, stats_.addShard());
  checkpoints_.emplace(loop_, *buckets_, *clients_);
  auto loaded = clients_->start({limits::makeStore(config.storage), limits::makeLocalCopy(config.storage),
                                 std::move(options), writer_, stats_.addShard()});
  if (!loaded) return loaded;
  const limits::StoreStatus status = clients_->status();
  if (status.degraded) {
    LOG(WARNING) << "the " << status.kind << " store is out of reach (" << status.lastError << "): starting with "
                 << clients_->size() << " clients as last known; changes are refused until it answers";
  }
  checkpoints_->start(config.limits.checkpointInterval);
  return {};
}

void Server::handOut(size_t listener, Bound bound) {
  if (!bound.address.isUnix()) {
    for (size_t i = 0; i < workers_.size(); ++i) workers_[i]->listen(listener, std::move(bound.sockets[i]), nullptr);
    return;
  }
  // The first worker accepts and deals in turn. The pointers outlive all workers' loops.
  std::vector<Worker*> workers;
  for (const auto& worker : workers_) workers.push_back(worker.get());
  workers_.front()->listen(listener, std::move(bound.sockets.front()),
                           [workers, listener, next = size_t{0}](net::Socket socket) mutable {
                             workers[next++ % workers.size()]->adopt(listener, std::move(socket));
                           });
}

base::Status Server::apply(Bootstrap config) {
  const auto& current = snapshot_->config.listeners;
  const bool same = std::equal(current.begin(), current.end(), config.listeners.begin(), config.listeners.end(),
                               [](const auto& a, const auto& b) { return a.name == b.name && a.address == b.address; });
  if (!same) {
    return base::fail(base::ErrorCode::Config, base::ErrorSource::Config,
                      "listeners cannot be added, removed or moved while the server runs");
  }
  if (config.storage != snapshot_->config.storage || config.node != snapshot_->config.node) {
    return base::fail(base::ErrorCode::Config, base::ErrorSource::Config,
                      "\"storage\" and \"node\" cannot be changed while the server runs");
  }
  auto snapshot = buildSnapshot(std::move(config), ++version_, clusters_, writer_);
  if (!snapshot) return tl::unexpected(snapshot.error());
  const base::Duration interval = snapshot_->config.limits.checkpointInterval;
  snapshot_ = *snapshot;
  if (interval != snapshot_->config.limits.checkpointInterval)
    checkpoints_->start(snapshot_->config.limits.checkpointInterval);
  const limits::LimitSpec& defaults = snapshot_->config.limits.defaults;
  if (defaults != buckets_->defaults()) buckets_->setDefaults(defaults);
  const auto entries = clusters_.entries(snapshot_->clusters);
  for (const auto& worker : workers_) worker->apply(snapshot_, entries);
  return {};
}

int Server::run() {
  loop_.run();
  workers_.clear();
  checkpoints_->finish();
  clients_->stop();
  logSummary();
  writer_.stop();
  return exitCode_;
}

void Server::onSignal() {
  if (draining_) {
    LOG(WARNING) << "second signal: exiting at once";
    google::FlushLogFiles(google::INFO);
    ::_exit(kExitSecondSignal);
  }
  LOG(INFO) << "signal received: draining";
  drain();
}

void Server::drain() {
  if (draining_) return;
  draining_ = true;
  unopened_.clear();
  const auto timeout = drainTimeout(snapshot_->config.listeners);
  if (timeout) drainTimer_.at(loop_.preciseNow() + timeout->count());
  undrained_ = workers_.size();
  const auto drained = [this] { onWorkerDrained(); };
  // The first has the Unix sockets and may still deal connections to the others.
  workers_.front()->drain(drained, [this, drained] {
    for (size_t i = 1; i < workers_.size(); ++i) workers_[i]->drain(drained, [] {});
  });
}

void Server::onWorkerDrained() {
  if (--undrained_ == 0) loop_.stop();
}

void Server::onDrainOver() {
  LOG(WARNING) << "the drain time is over: closing the connections that are left";
  loop_.stop();
}

void Server::logSummary() {
  uint64_t requests = 0;
  uint64_t failed = 0;
  for (const proxy::ListenerConfig& listener : snapshot_->config.listeners) {
    requests += stats_.counter(fmt::format("http.{}.downstream_rq_total", listener.name));
    failed += stats_.counter(fmt::format("http.{}.downstream_rq_5xx", listener.name));
  }
  LOG(INFO) << "stopped after " << requests << " requests, " << failed << " of them answered with 5xx";
}

}  // namespace headgate::server
