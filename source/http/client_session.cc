#include "source/http/client_session.h"

#include <algorithm>

#include "source/http/h1/client_codec.h"

namespace headgate::http {

ClientSession& ClientSession::connect(event::Loop& loop, net::Socket socket, base::Duration connectTimeout,
                                      const CodecLimits& limits, ClientSessionOwner& owner) {
  return *new ClientSession(loop, std::move(socket), connectTimeout, limits, owner);
}

ClientSession::ClientSession(event::Loop& loop, net::Socket socket, base::Duration connectTimeout,
                             const CodecLimits& limits, ClientSessionOwner& owner)
    : connection_(loop, std::move(socket), *this, true),
      codec_(new h1::ClientCodec(*this, limits)),
      owner_(owner),
      timer_(loop.timers(), this, event::timerCallback<&ClientSession::onTimer>),
      begun_(loop.now()) {
  timer_.after(connectTimeout);
}

void ClientSession::onConnected() {
  timer_.cancel();
  phase_ = Phase::Ready;
  owner_.onSessionReady(*this);
}

MessageWriter& ClientSession::newStream(base::Arena& arena, MessageSink& sink) {
  timer_.cancel();
  return codec_->newStream(arena, sink);
}

void ClientSession::idleFor(base::Duration timeout) {
  const base::Duration said = std::chrono::seconds(codec_->peerIdleTimeout());
  if (said.count() > 0) {
    // The peer closes on its own clock: be a second (at short times: half of it) earlier, or a request would meet its
    // FIN.
    const base::Duration earlier = std::max<base::Duration>(said - std::chrono::seconds(1), said / 2);
    timeout = timeout.count() == 0 ? earlier : std::min(timeout, earlier);
  }
  timer_.after(timeout);
}

void ClientSession::onLost(const base::Error& error) {
  if (phase_ == Phase::Connecting) {
    phase_ = Phase::Closed;
    timer_.cancel();
    connection_.loop().deferDelete(*this);
    base::Error failed = error;
    failed.source = base::ErrorSource::Upstream;
    failed.retryable = true;
    return owner_.onConnectFailed(*this, failed);
  }
  codec_->connectionLost(error);
  close();
}

void ClientSession::onStreamDone(bool reusable) {
  if (!reusable || !connection_.isOpen()) return close();
  owner_.onSessionAvailable(*this);
}

void ClientSession::closeAfterOutput() {
  if (!connection_.isOpen()) return close();
  phase_ = Phase::Flushing;
  timer_.after(kFlush);
  connection_.notifyDrained();
}

void ClientSession::onTimer() {
  if (phase_ != Phase::Connecting) return close();
  connection_.close();
  onLost({base::ErrorCode::ConnectTimeout, base::ErrorSource::Upstream, true, "no connection in time"});
}

void ClientSession::close() {
  if (phase_ == Phase::Closed) return;
  const bool wasConnecting = phase_ == Phase::Connecting;
  phase_ = Phase::Closed;
  timer_.cancel();
  connection_.close();
  connection_.loop().deferDelete(*this);
  if (!wasConnecting) owner_.onSessionClosed(*this);
}

}  // namespace headgate::http
