#include "source/http/server_session.h"

#include "source/http/h1/server_codec.h"
#include "source/http/h2/server_codec.h"

namespace headgate::http {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";  // RFC 9113 section 3.4

base::Slice sliceOf(base::SlabPool& slabs, std::string_view bytes) {
  base::Slab* slab = bytes.size() <= base::SlabPool::kLargeBytes ? slabs.takeLarge()
                                                                 : slabs.takeSized(static_cast<uint32_t>(bytes.size()));
  bytes.copy(slab->data(), bytes.size());
  base::Slice slice(slab, slab->data(), static_cast<uint32_t>(bytes.size()));
  --slab->refs;  // the slice holds it
  return slice;
}

}  // namespace

ServerSession& ServerSession::start(event::Loop& loop, net::Socket socket, const net::IpAddress& peer, uint64_t id,
                                    const ServerSettings& settings, ServerSessionOwner& owner) {
  return *new ServerSession(loop, std::move(socket), peer, id, settings, owner);
}

ServerSession::ServerSession(event::Loop& loop, net::Socket socket, const net::IpAddress& peer, uint64_t id,
                             const ServerSettings& settings, ServerSessionOwner& owner)
    : connection_(loop, std::move(socket), *this, false),
      settings_(settings),
      owner_(owner),
      timer_(loop.timers(), this, event::timerCallback<&ServerSession::onTimer>),
      peer_(peer),
      id_(id) {
  timer_.after(settings.idleTimeout);
  idleUntil_ = timer_.when();
}

template <typename T>
std::unique_ptr<ServerCodec> ServerSession::makeCodec() {
  return std::unique_ptr<ServerCodec>(
      new T(*this, settings_.limits));  // the host is a private base: not for make_unique
}

std::unique_ptr<ServerCodec> ServerSession::chooseCodec(base::Slice& bytes) {
  const std::string_view agreed = connection_.protocol();
  if (agreed == "h2") return makeCodec<h2::ServerCodec>();
  if (agreed.empty()) {
    // Most connections are told by one byte: only HTTP/1 methods with 'P' come near a preface.
    const std::string_view front = bytes.view().substr(0, kPreface.size());
    if (!preface_ && front == kPreface) return makeCodec<h2::ServerCodec>();
    if (preface_ || kPreface.starts_with(front)) {
      if (!preface_) preface_ = std::make_unique<std::string>();
      preface_->append(bytes.view());
      const std::string_view all(*preface_);
      const std::string_view start = all.substr(0, kPreface.size());
      if (start.size() < kPreface.size() && kPreface.starts_with(start)) return nullptr;
      bytes = sliceOf(loop().slabs(), all);
      const bool isHttp2 = start == kPreface;
      preface_.reset();
      if (isHttp2) return makeCodec<h2::ServerCodec>();
    }
  }
  return makeCodec<h1::ServerCodec>();
}

void ServerSession::onData(base::Slice bytes) {
  if (phase_ == Phase::Flushing || phase_ == Phase::Lingering) {
    lingered_ += static_cast<uint32_t>(bytes.size());
    if (lingered_ > kLingerBytes) finish();
    return;
  }
  if (!codec_) {
    codec_ = chooseCodec(bytes);
    if (!codec_) {
      if (phase_ == Phase::Idle) awaitingHead(true);
      return;
    }
    if (phase_ == Phase::Head) awaitingHead(false);
    if (draining_) codec_->drain();
  }
  codec_->receive(std::move(bytes));
}

void ServerSession::onEof() {
  peerEnded_ = true;
  if (phase_ == Phase::Lingering) return finish();
  codec_ ? codec_->receiveEof() : closeGracefully();
}

void ServerSession::onLost(const base::Error& error) {
  base::Error reset = error;
  if (reset.code == base::ErrorCode::Io) reset.code = base::ErrorCode::DownstreamReset;
  reset.source = base::ErrorSource::Downstream;
  if (reset.code == base::ErrorCode::DownstreamWriteIdle) owner_.onSessionEvent(*this, SessionEvent::WriteTimeout);
  if (codec_) codec_->connectionLost(reset);
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
    // It may have been no head (a PING that came in pieces): the connection is as idle as before.
    phase_ = codec_->idle() ? Phase::Idle : Phase::Busy;
    timer_.at(phase_ == Phase::Idle ? idleUntil_ : 0);
  }
}

void ServerSession::onIdle() {
  if (phase_ != Phase::Idle && phase_ != Phase::Busy && phase_ != Phase::Head) return;
  phase_ = Phase::Idle;
  timer_.after(draining_ ? kDrainIdle : settings_.idleTimeout);
  idleUntil_ = timer_.when();
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
  if (phase_ != Phase::Flushing) return codec_ ? codec_->outputDrained() : void();
  if (peerEnded_) return finish();
  phase_ = Phase::Lingering;
  connection_.shutdownWrite();
  timer_.after(kLinger);
}

void ServerSession::onTimer() {
  switch (phase_) {
    case Phase::Head:
      if (!codec_) {  // a beginning of both protocols: the answer is for the one that people type
        codec_ = makeCodec<h1::ServerCodec>();
        codec_->receive(sliceOf(loop().slabs(), *preface_));
      }
      owner_.onSessionEvent(*this, SessionEvent::HeadTimeout);
      return codec_->headTimeout();
    case Phase::Idle:
      if (!draining_) owner_.onSessionEvent(*this, SessionEvent::IdleTimeout);
      return draining_ || peerEnded_ ? finish() : codec_ ? codec_->goodbye() : closeGracefully();
    case Phase::Lingering: return finish();
    case Phase::Busy:
    case Phase::Flushing:
    case Phase::Closed: return;
  }
}

void ServerSession::drain() {
  draining_ = true;
  if (codec_) codec_->drain();
  if (phase_ == Phase::Idle) timer_.after(kDrainIdle);
}

void ServerSession::abort() {
  if (phase_ == Phase::Closed) return;
  connection_.close();
  if (codec_)
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
