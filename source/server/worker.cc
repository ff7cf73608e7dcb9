#include "source/server/worker.h"

#include <pthread.h>
#include <signal.h>

#include <fmt/format.h>

namespace headgate::server {

Worker::Worker(uint32_t index, event::Loop& mainLoop, stats::Registry& stats, log::LogWriter& writer,
               limits::BucketTable& buckets)
    : index_(index), mainLoop_(mainLoop), stats_(stats.addShard()), writer_(writer), buckets_(buckets) {}

Worker::~Worker() { stop(); }

void Worker::start(std::shared_ptr<const Snapshot> snapshot, Clusters clusters,
                   std::vector<proxy::ListenerShared>& shared) {
  loop_.post([this, snapshot = std::move(snapshot), clusters = std::move(clusters), &shared] {
    events_ = std::make_unique<log::EventLog>(loop_, writer_);
    clusters_ = std::make_unique<upstream::WorkerClusters>(loop_, stats_, index_);
    for (size_t i = 0; i < snapshot->config.listeners.size(); ++i) {
      listeners_.push_back(std::make_unique<proxy::WorkerListener>(loop_, snapshot->config.listeners[i].name, shared[i],
                                                                   stats_, *events_));
    }
    use(snapshot, clusters);
  });
  thread_ = std::thread([this] { run(); });
}

void Worker::run() {
  // Signals are main's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), fmt::format("worker-{}", index_).c_str());
  loop_.run();
  shutDown();
}

void Worker::use(std::shared_ptr<const Snapshot> snapshot, const Clusters& clusters) {
  clusters_->add(clusters);
  const api::WorkerContext context{loop_, index_, *clusters_, *events_, stats_, snapshot->config.limits, buckets_};
  WorkerSnapshot* old = current_;
  current_ = new WorkerSnapshot(std::move(snapshot), context, [this](std::shared_ptr<const Snapshot> gone) {
    mainLoop_.post([gone = std::move(gone)]() mutable { gone.reset(); });
  });
  for (size_t i = 0; i < listeners_.size(); ++i) listeners_[i]->use(current_->listener(i));
  if (old != nullptr) old->unpin();
}

void Worker::apply(std::shared_ptr<const Snapshot> snapshot, Clusters clusters) {
  loop_.post([this, snapshot = std::move(snapshot), clusters = std::move(clusters)]() mutable {
    use(std::move(snapshot), clusters);
  });
}

void Worker::update(uint32_t clusterId, std::shared_ptr<const upstream::ClusterView> view) {
  loop_.post([this, clusterId, view = std::move(view)] {
    if (clusters_ != nullptr) clusters_->update(clusterId, view);
  });
}

void Worker::listen(size_t index, net::Socket socket, proxy::WorkerListener::Dealer dealer) {
  auto shared = std::make_shared<net::Socket>(std::move(socket));  // std::function wants copies
  loop_.post(
      [this, index, shared, dealer = std::move(dealer)] { listeners_[index]->listen(std::move(*shared), dealer); });
}

void Worker::adopt(size_t index, net::Socket socket) {
  auto shared = std::make_shared<net::Socket>(std::move(socket));
  loop_.post([this, index, shared] { listeners_[index]->adopt(std::move(*shared), net::IpAddress()); });
}

void Worker::drain(std::function<void()> drained, std::function<void()> closed) {
  loop_.post([this, drained = std::move(drained), closed = std::move(closed)] {
    auto left = std::make_shared<size_t>(listeners_.size());
    for (const auto& listener : listeners_) {
      listener->onDrained([this, left, drained] {
        if (--*left == 0) mainLoop_.post(drained);
      });
      listener->drain();
    }
    mainLoop_.post(closed);
  });
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  loop_.post([this] {
    for (const auto& listener : listeners_) listener->onDrained({}), listener->abort();
  });
  loop_.stop();
  thread_.join();
}

// The streams ended with their connections in the last turn; what they leave goes in the order of use.
void Worker::shutDown() {
  if (current_ != nullptr) {
    current_->flush();
    current_->unpin();
    current_ = nullptr;
  }
  listeners_.clear();
  clusters_.reset();
  events_.reset();
  loop_.runOnce(false);  // frees the sessions of the pools
}

}  // namespace headgate::server
