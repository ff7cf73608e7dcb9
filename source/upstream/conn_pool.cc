#include "source/upstream/conn_pool.h"

#include <fmt/format.h>

namespace headgate::upstream {

ConnPool::ConnPool(event::Loop& loop, std::shared_ptr<Host> host, const Settings& settings, ConnPoolOwner& owner)
    : loop_(loop), host_(std::move(host)), settings_(settings), owner_(owner) {}

ConnPool::~ConnPool() {
  while (!idle_.empty()) idle_.front().close();
  while (!others_.empty()) {
    http::ClientSession& session = others_.popFront();
    session.close();
  }
}

void ConnPool::newStream(PoolRequest& request) {
  if (!idle_.empty()) {
    http::ClientSession& session = idle_.popFront();
    others_.pushBack(session);
    return begin(request, session);
  }
  pending_.pushBack(request);
  ++pendingCount_;
  if (connectingCount_ < pendingCount_) connect();
}

void ConnPool::begin(PoolRequest& request, http::ClientSession& session) {
  running_.pushBack(request);
  request.onPoolReady(session);
}

void ConnPool::connect() {
  auto socket = net::connectTo(host_->address());
  if (!socket) return failPending(socket.error());
  http::ClientSession& session =
      http::ClientSession::connect(loop_, std::move(*socket), settings_.connectTimeout, settings_.limits, *this);
  others_.pushBack(session);
  ++connectingCount_;
  ++total_;
}

void ConnPool::failPending(const base::Error& error) {
  // Moved aside: a failed request may come straight back here when there is no other host.
  base::IntrusiveList<PoolRequest> failed;
  failed.splice(pending_);
  pendingCount_ = 0;
  while (!failed.empty()) failed.popFront().onPoolFailure(error);
}

void ConnPool::onSessionReady(http::ClientSession& session) {
  --connectingCount_;
  assign(session);
}

void ConnPool::onSessionAvailable(http::ClientSession& session) { assign(session); }

void ConnPool::assign(http::ClientSession& session) {
  if (pending_.empty()) {
    pendingCount_ = 0;
    if (!inUse_) return session.close();
    idle_.pushFront(session);
    session.idleFor(settings_.idleTimeout);
    return;
  }
  if (pendingCount_ > 0) --pendingCount_;
  others_.pushBack(session);
  begin(pending_.popFront(), session);
}

void ConnPool::setInUse(bool inUse) {
  inUse_ = inUse;
  while (!inUse_ && !idle_.empty()) idle_.front().close();
}

void ConnPool::hostDown() {
  failPending({base::ErrorCode::Unsent, base::ErrorSource::Upstream, true, "the host was found to be down"});
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

void ConnPool::onConnectFailed(http::ClientSession& session, const base::Error& error) {
  --connectingCount_;
  --total_;
  session.unlink();
  failPending(error);
  tellIfEmpty();
}

void ConnPool::onSessionClosed(http::ClientSession& session) {
  --total_;
  session.unlink();
  // Those that wait counted on this connection becoming free.
  if (!pending_.empty() && connectingCount_ == 0) connect();
  tellIfEmpty();
}

}  // namespace headgate::upstream
