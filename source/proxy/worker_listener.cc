#include "source/proxy/worker_listener.h"

#include <fmt/format.h>

#include <system_error>

#include "source/proxy/stream.h"

namespace headgate::proxy {
namespace {

// One a process: a connection's number in logs is unique. Relaxed: uniqueness is all.
std::atomic<uint64_t> nextConnectionId{1};

}  // namespace

WorkerListener::WorkerListener(event::Loop& loop, const std::string& name, ListenerShared& shared, stats::Shard& stats,
                               log::EventLog& events)
    : loop_(loop),
      shared_(shared),
      context_(stats, name, events),
      recheckTimer_(loop.timers(), this, event::timerCallback<&WorkerListener::recheck>) {}

void WorkerListener::use(ListenerRuntime& runtime) {
  runtime_ = &runtime;
  const ListenerConfig& config = runtime.config;
  settings_.limits.maxHeadBytes = config.maxRequestHeaders;
  settings_.limits.maxHeaderCount = config.maxHeaderCount;
  settings_.limits.rules = config.rules;
  settings_.headTimeout = config.timeouts.headers;
  settings_.idleTimeout = config.timeouts.idle;
  settings_.writeIdleTimeout = config.timeouts.writeIdle;
}

void WorkerListener::listen(net::Socket socket, Dealer dealer) {
  dealer_ = std::move(dealer);
  listener_ = std::make_unique<net::Listener>(loop_, std::move(socket), static_cast<net::AcceptHandler&>(*this));
  listener_->resume();
}

bool WorkerListener::mayAccept() {
  if (shared_.connections.load(std::memory_order_relaxed) < runtime_->config.maxConnections) return true;
  context_.stats.cxOverflow.inc();
  context_.events.report(log::Severity::Warning, "connection_limit", context_.name,
                         fmt::format("{} connections are open, the limit; new ones wait until others close",
                                     runtime_->config.maxConnections));
  recheckTimer_.after(kRecheck);
  return false;
}

void WorkerListener::recheck() {
  if (listener_ && listener_->isOpen()) listener_->resume();
}

void WorkerListener::onAccept(net::Socket socket, const net::IpAddress& peer) {
  if (dealer_) {
    dealer_(std::move(socket));
  } else {
    adopt(std::move(socket), peer);
  }
}

void WorkerListener::onAcceptError(int errnum) {
  context_.stats.cxAcceptError.inc();
  context_.events.report(
      log::Severity::Error, "accept_failed", context_.name,
      fmt::format("accept: {}; trying again in {} ms", std::generic_category().message(errnum),
                  std::chrono::duration_cast<std::chrono::milliseconds>(net::Listener::kRetry).count()));
}

void WorkerListener::adopt(net::Socket socket, const net::IpAddress& peer) {
  context_.stats.cxTotal.inc();
  shared_.connections.fetch_add(1, std::memory_order_relaxed);
  ++count_;
  http::ServerSession& session = http::ServerSession::start(
      loop_, std::move(socket), peer, nextConnectionId.fetch_add(1, std::memory_order_relaxed), settings_, *this);
  sessions_.pushBack(session);
  if (draining_) session.drain();
}

http::RequestSink& WorkerListener::newStream(http::ServerSession& session, base::Arena& arena,
                                             http::MessageWriter& writer) {
  return *arena.make<Stream>(arena, writer, session, *runtime_, context_);
}

void WorkerListener::onSessionEvent(http::ServerSession& session, http::SessionEvent event) {
  ListenerStats& stats = context_.stats;
  switch (event) {
    case http::SessionEvent::HeadTimeout:
      stats.rqHeaderTimeout.inc();
      return context_.report("slow_head", session.peer(), "the request head did not come in time");
    case http::SessionEvent::IdleTimeout: return stats.cxIdleTimeout.inc();
    case http::SessionEvent::WriteTimeout:
      stats.cxWriteTimeout.inc();
      return context_.report("slow_reader", session.peer(), "the client took no byte in time");
    case http::SessionEvent::PipelineFull:
      stats.cxPipelineFull.inc();
      return context_.report("pipeline_full", session.peer(),
                             "too many requests wait for their turn; the client is not read meanwhile");
  }
}

void WorkerListener::onSessionClosed(http::ServerSession& session) {
  session.unlink();
  --count_;
  shared_.connections.fetch_sub(1, std::memory_order_relaxed);
  if (recheckTimer_.armed()) {
    recheckTimer_.cancel();
    recheck();
  }
  if (draining_ && count_ == 0 && drained_) drained_();
}

void WorkerListener::drain() {
  if (draining_) return;
  if (listener_) listener_->acceptRestAndClose();
  draining_ = true;
  recheckTimer_.cancel();
  sessions_.forEach([](http::ServerSession& session) { session.drain(); });
  if (count_ == 0 && drained_) drained_();
}

void WorkerListener::abort() {
  while (!sessions_.empty()) {
    http::ServerSession& session = sessions_.popFront();
    session.abort();
  }
}

}  // namespace headgate::proxy
