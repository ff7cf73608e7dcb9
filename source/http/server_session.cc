#include "source/http/server_session.h"

#include "source/http/h1/server_codec.h"

namespace headgate::http {

ServerSession& ServerSession::start(event::Loop& loop, net::Socket socket, const net::IpAddress& peer, uint64_t id,
                                    const ServerSettings& settings, ServerSessionOwner& owner) {
  return *new ServerSession(loop, std::move(socket), peer, id, settings, owner);
}

ServerSession::ServerSession(event::Loop& loop, net::Socket socket, const net::IpAddress& peer, uint64_t id,
                             const ServerSettings& settings, ServerSessionOwner& owner)
    : connection_(loop, std::move(socket), *this, false),
      codec_(new h1::ServerCodec(*this, settings.limits)),
      settings_(settings),
      owner_(owner),
      timer_(loop.timers(), this, event::timerCallback<&ServerSession::onTimer>),
      peer_(peer),
      id_(id) {
  timer_.after(settings.idleTimeout);
}

void ServerSession::onData(base::Slice bytes) {
  if (phase_ == Phase::Flushing || phase_ == Phase::Lingering) {
    lingered_ += static_cast<uint32_t>(bytes.size());
    if (lingered_ > kLingerBytes) finish();
    return;
  }
  codec_->receive(std::move(bytes));
}

void ServerSession::onEof() {
  peerEnded_ = true;
  if (phase_ == Phase::Lingering) return finish();
  codec_->receiveEof();
}

void ServerSession::onLost(const base::Error& error) {
  base::Error reset = error;
  if (reset.code == base::ErrorCode::Io) reset.code = base::ErrorCode::DownstreamReset;
  reset.source = base::ErrorSource::Downstream;
  codec_->connectionLost(reset);
  finish();
}

RequestSink& ServerSession::newStream(base::Arena& arena, MessageWriter& writer) {
  phase_ = Phase::Busy;
  timer_.cancel();
  return owner_.newStream(*this, arena, writer);
}

void ServerSession::awaitingHead(bool partial) {
  if (phase_ != Phase::Idle && phase_ != Phase::Busy && phase_ != Phase::Head) return;
  if (partial) {
    phase_ = Phase::Head;
    timer_.after(settings_.headTimeout);
  } else if (phase_ == Phase::Head) {
    timer_.cancel();
  }
}

void ServerSession::onIdle() {
  phase_ = Phase::Idle;
  timer_.after(draining_ ? kDrainIdle : settings_.idleTimeout);
}

void ServerSession::closeGracefully() {
  if (phase_ == Phase::Closed || phase_ == Phase::Flushing || phase_ == Phase::Lingering) return;
  phase_ = Phase::Flushing;
  timer_.cancel();
  if (!connection_.isOpen()) return finish();
  if (!peerEnded_) connection_.setReading(true);
  connection_.notifyDrained();
}

void ServerSession::onDrained() {
  if (phase_ != Phase::Flushing) return;
  if (peerEnded_) return finish();
  phase_ = Phase::Lingering;
  connection_.shutdownWrite();
  timer_.after(kLinger);
}

void ServerSession::onTimer() {
  switch (phase_) {
    case Phase::Head: return codec_->headTimeout();
    case Phase::Idle: return draining_ || peerEnded_ ? finish() : closeGracefully();
    case Phase::Lingering: return finish();
    case Phase::Busy:
    case Phase::Flushing:
    case Phase::Closed: return;
  }
}

void ServerSession::drain() {
  draining_ = true;
  codec_->drain();
  if (phase_ == Phase::Idle) timer_.after(kDrainIdle);
}

void ServerSession::abort() {
  if (phase_ == Phase::Closed) return;
  connection_.close();
  codec_->connectionLost({base::ErrorCode::Draining, base::ErrorSource::Local, false, "the drain time is over"});
  finish();
}

void ServerSession::finish() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  timer_.cancel();
  connection_.close();
  loop().deferDelete(*this);
  owner_.onSessionClosed(*this);
}

}  // namespace headgate::http
