#include "source/upstream/conn_pool.h"

#include <fmt/format.h>

namespace headgate::upstream {
namespace {

base::Error overflow(std::string_view what) {
  return {base::ErrorCode::Overflow, base::ErrorSource::Local, false,
          fmt::format("the cluster has as many {} as it may", what)};
}

}  // namespace

ConnPool::ConnPool(event::Loop& loop, std::shared_ptr<Host> host, const Settings& settings, ConnPoolOwner& owner)
    : loop_(loop), host_(std::move(host)), settings_(settings), owner_(owner) {}

ConnPool::~ConnPool() {
  while (!pending_.empty()) left(pending_.front());
  while (!running_.empty()) left(running_.front());
  while (!idle_.empty()) idle_.front().close();
  while (!others_.empty()) {
    http::ClientSession& session = others_.popFront();
    session.close();
  }
  // A connection that was being made closes without a word.
  while (total_ > 0) connectionGone();
}

// ---- requests

void ConnPool::newStream(PoolRequest& request) {
  if (!settings_.breakers.requests.take()) {
    settings_.stats.rqActiveOverflow.inc();
    return request.onPoolFailure(overflow("requests under way"));
  }
  settings_.stats.rqTotal.inc();
  settings_.stats.rqActive.inc();
  request.pool_ = this;
  if (idle_.empty()) return wait(request);
  http::ClientSession& session = idle_.popFront();
  others_.pushBack(session);
  begin(request, session);
}

void ConnPool::begin(PoolRequest& request, http::ClientSession& session) {
  request.place_ = PoolRequest::Place::Running;
  running_.pushBack(request);
  request.onPoolReady(session);
}

void ConnPool::wait(PoolRequest& request) {
  request.place_ = PoolRequest::Place::Running;  // what `left` gives back if it may not wait
  if (!settings_.breakers.pending.take()) {
    settings_.stats.rqPendingOverflow.inc();
    left(request);
    return request.onPoolFailure(overflow("requests waiting for a connection"));
  }
  settings_.stats.rqPendingTotal.inc();
  settings_.stats.rqPendingActive.inc();
  request.place_ = PoolRequest::Place::Waiting;
  pending_.pushBack(request);
  ++pendingCount_;
  if (connectingCount_ < pendingCount_) connect();
}

void ConnPool::left(PoolRequest& request) {
  request.unlink();
  if (request.place_ == PoolRequest::Place::Waiting) {
    --pendingCount_;
    settings_.breakers.pending.give();
    settings_.stats.rqPendingActive.dec();
  }
  settings_.breakers.requests.give();
  settings_.stats.rqActive.dec();
  request.place_ = PoolRequest::Place::Nowhere;
}

void ConnPool::failPending(const base::Error& error) {
  // Moved aside: a failed request may come straight back here when there is no other host.
  base::IntrusiveList<PoolRequest> failed;
  failed.splice(pending_);
  while (!failed.empty()) {
    PoolRequest& request = failed.front();
    left(request);
    request.onPoolFailure(error);
  }
}

void ConnPool::report(Outcome outcome) {
  host_->stats().countOutcome(settings_.stripe, outcome);
  const auto judge = [&](Streak& streak, uint32_t threshold, OutlierKind kind) {
    if (threshold != 0 && streak.add() % threshold == 0) owner_.onOutlier(*this, kind);
  };
  switch (outcome) {
    case Outcome::Success:
      host_->serverErrors().end();
      host_->localFailures().end();
      return;
    case Outcome::ServerError:
      host_->localFailures().end();
      return judge(host_->serverErrors(), settings_.consecutive5xx, OutlierKind::Consecutive5xx);
    case Outcome::NoConnection:
      return judge(host_->localFailures(), settings_.consecutiveLocal, OutlierKind::NoConnection);
    case Outcome::Reset:
    case Outcome::Timeout:
      return judge(host_->localFailures(), settings_.consecutiveLocal, OutlierKind::ConsecutiveLocal);
  }
}

void ConnPool::reportAnswer(uint16_t status) {
  settings_.stats.rqCompleted.inc();
  const size_t klass = status / 100;
  if (klass >= 1 && klass <= 5) settings_.stats.rqByClass[klass - 1].inc();
  report(status >= 500 ? Outcome::ServerError : Outcome::Success);
}

void ConnPool::reportLatency(base::Duration latency) {
  const auto us = static_cast<uint64_t>(latency.count() / 1000);
  host_->stats().countLatency(settings_.stripe, us);
  settings_.stats.rqTimeUs.record(us);
}

// ---- connections

void ConnPool::connect() {
  if (!settings_.breakers.connections.take()) {
    settings_.stats.cxOverflow.inc();
    if (total_ > 0) return;  // one of these will be free, or gone
    settings_.breakers.connectionWanted.store(true, std::memory_order_relaxed);
    return failPending(overflow("connections"));
  }
  host_->connectionBegun();
  host_->stats().countConnection(settings_.stripe);
  settings_.stats.cxTotal.inc();
  settings_.stats.cxActive.inc();
  ++total_;
  auto socket = net::connectTo(host_->address());
  if (!socket) {
    connectionGone();
    settings_.stats.cxConnectFail.inc();
    host_->stats().countConnectFail(settings_.stripe);
    return failPending(socket.error());
  }
  http::ClientSession& session =
      http::ClientSession::connect(loop_, std::move(*socket), settings_.connectTimeout, settings_.limits, *this);
  others_.pushBack(session);
  ++connectingCount_;
}

void ConnPool::connectionGone() {
  --total_;
  settings_.breakers.connections.give();
  settings_.stats.cxActive.dec();
  host_->connectionEnded();
}

void ConnPool::onSessionReady(http::ClientSession& session) {
  --connectingCount_;
  settings_.stats.cxConnectUs.record(static_cast<uint64_t>((loop_.now() - session.begun()) / 1000));
  assign(session);
}

void ConnPool::onSessionAvailable(http::ClientSession& session) { assign(session); }

void ConnPool::assign(http::ClientSession& session) {
  if (pending_.empty()) {
    // The last one that there may be is never kept unused: another worker may have none.
    if (!inUse_ || settings_.breakers.connections.open()) return session.close();
    idle_.pushFront(session);
    session.idleFor(settings_.idleTimeout);
    return;
  }
  others_.pushBack(session);
  PoolRequest& request = pending_.popFront();
  --pendingCount_;
  settings_.breakers.pending.give();
  settings_.stats.rqPendingActive.dec();
  begin(request, session);
}

void ConnPool::onConnectFailed(http::ClientSession& session, const base::Error& error) {
  --connectingCount_;
  session.unlink();
  connectionGone();
  settings_.stats.cxConnectFail.inc();
  if (error.code == base::ErrorCode::ConnectTimeout) settings_.stats.cxConnectTimeout.inc();
  host_->stats().countConnectFail(settings_.stripe);
  settings_.stats.rqPendingFailureEject.add(pendingCount_);
  failPending(error);
  tellIfEmpty();
}

void ConnPool::onSessionClosed(http::ClientSession& session) {
  session.unlink();
  connectionGone();
  // Those that wait counted on this connection becoming free.
  if (!pending_.empty() && connectingCount_ == 0) connect();
  tellIfEmpty();
}

// ---- the host

void ConnPool::setInUse(bool inUse) {
  inUse_ = inUse;
  while (!inUse_ && !idle_.empty()) idle_.front().close();
}

void ConnPool::hostDown() {
  failPending({base::ErrorCode::Unsent, base::ErrorSource::Upstream, true, "health checks found the host down"});
  base::IntrusiveList<PoolRequest> running;
  running.splice(running_);
  while (!running.empty()) {
    PoolRequest& request = running.front();
    running_.pushBack(request);
    request.onHostDown();
  }
}

void ConnPool::retire() {
  retired_ = true;
  setInUse(false);
}

void ConnPool::tellIfEmpty() {
  if (retired_ && total_ == 0 && pending_.empty()) owner_.onPoolEmpty(*this);
}

}  // namespace headgate::upstream
