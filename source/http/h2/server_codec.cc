#include "source/http/h2/server_codec.h"

#include <nghttp2/nghttp2.h>

#include <utility>

#include "source/http/h2/server_stream.h"

namespace headgate::http::h2 {

ServerCodec::ServerCodec(ServerCodecHost& host, const CodecLimits& limits)
    : Endpoint(Side::Server, host.connection(), limits), host_(host) {}

void ServerCodec::receive(base::Slice bytes) {
  receiveBytes(std::move(bytes));
  if (usable()) tellPartial();
}

// The head timer runs for one frame or header block at a time: whoever drips bytes is cut, whoever is busy is not.
void ServerCodec::tellPartial() {
  const bool is = partial();
  if (partialTold_ && (!is || partialUnit_ != unitsReceived())) {
    partialTold_ = false;
    host_.awaitingHead(false);
    if (std::exchange(idleUntold_, false) && streamCount() == 0) host_.onIdle();
  }
  if (!is || partialTold_) return;
  partialTold_ = true;
  partialUnit_ = unitsReceived();
  host_.awaitingHead(true);
}

void ServerCodec::headTimeout() { cut(ErrorCode::Protocol); }

void ServerCodec::receiveEof() {
  end({base::ErrorCode::Io, base::ErrorSource::Downstream, false, "the client ended the connection"});
  host_.closeGracefully();
}

void ServerCodec::connectionLost(const base::Error& error) { end(error); }

// ---- streams

void ServerCodec::onBeginHeaders(int32_t id, Stream* stream) {
  if (stream != nullptr) return static_cast<ServerStream*>(stream)->beginTrailers();
  // What is held already may grow; a client that is told so can try again elsewhere or later.
  if (memory() > settings().maxMemory / 2) {
    nghttp2_submit_rst_stream(session(), NGHTTP2_FLAG_NONE, id, static_cast<uint32_t>(ErrorCode::RefusedStream));
    return count(Flood::Malformed);
  }
  auto* const begun = base::Arena::makeInOwnArena<ServerStream>(loop().chunks(), static_cast<Endpoint&>(*this), id);
  nghttp2_session_set_stream_user_data(session(), id, static_cast<Stream*>(begun));
  adopt(*begun);
  if (++requests_ == settings().maxRequests) drain();
}

void ServerCodec::onHeadersEnd(Stream& stream, bool endStream, uint32_t wireBytes) {
  auto& of = static_cast<ServerStream&>(stream);
  of.hasHead() ? of.trailersEnd(endStream) : of.headEnd(host_, endStream, wireBytes);
}

void ServerCodec::onStreamClosed(Stream& stream, uint32_t code) { static_cast<ServerStream&>(stream).closedBy(code); }

void ServerCodec::onSent(Stream& stream, bool end) {
  if (end) static_cast<ServerStream&>(stream).endSent();
}

void ServerCodec::onDisowned() {
  if (streamCount() > 0 || !usable()) return;
  if (partialTold_) {
    idleUntold_ = true;
  } else {
    host_.onIdle();
  }
}

// ---- the end

void ServerCodec::drain() {
  if (drain_ != Drain::No || !usable()) return;
  drain_ = Drain::Announced;
  nghttp2_submit_shutdown_notice(session());
  nghttp2_submit_ping(session(), NGHTTP2_FLAG_NONE, nullptr);
  pumpSoon();
}

void ServerCodec::onPingAck() {
  if (drain_ != Drain::Announced) return;
  drain_ = Drain::Final;
  nghttp2_submit_goaway(session(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session()),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  pumpSoon();
}

void ServerCodec::goodbye() { cut(ErrorCode::None); }

void ServerCodec::onOver(const base::Error& /*error*/) { host_.closeGracefully(); }

}  // namespace headgate::http::h2
