#include "source/proxy/stream.h"

#include <fmt/format.h>

#include "source/proxy/client_address.h"
#include "source/proxy/local_reply.h"

namespace headgate::proxy {

using api::FilterStatus;
using base::ErrorCode;

namespace {
// Of the connection, whatever an absolute target says; listeners are plain.
constexpr std::string_view kScheme = "http";
}  // namespace

Stream::Stream(base::Arena& arena, http::MessageWriter& writer, http::ServerSession& session, ListenerRuntime& runtime,
               ListenerContext& context)
    : arena_(arena),
      writer_(writer),
      session_(session),
      runtime_(runtime),
      context_(context),
      stats_(context.stats),
      maxRequestBody_(runtime.config.maxRequestBody),
      streamIdle_(runtime.config.timeouts.streamIdle),
      idleTimer_(session.loop().timers(), this, event::timerCallback<&Stream::onStreamIdle>),
      bodyTimer_(session.loop().timers(), this, event::timerCallback<&Stream::onBodyIdle>),
      requestTimer_(session.loop().timers(), this, event::timerCallback<&Stream::onRequestTimeout>) {
  runtime_.owner.pin();
  stats_.rqTotal.inc();
}

Stream::~Stream() { runtime_.owner.unpin(); }

// ---- the request, from the codec

void Stream::begin(http::MessageHead& head, bool valid) {
  request_ = &head;
  info_.start = loop().now();
  info_.startWall = loop().wallNow();
  info_.request = &head;
  info_.connectionId = session_.id();
  info_.peer = session_.peer();
  char peer[INET6_ADDRSTRLEN];
  info_.peerText = info_.peer.empty() ? std::string_view("unix") : arena_.copy({peer, info_.peer.writeHost(peer)});
  identifyClient(head);
  if (valid) route_ = runtime_.routes.match(head);
  std::span<const routing::RouteFilter> routeFilters;
  if (route_ != nullptr) {
    routeFilters = route_->config.filters;
    maxRequestBody_ = route_->config.maxRequestBody.value_or(maxRequestBody_);
    streamIdle_ = route_->config.streamIdle.value_or(streamIdle_);
  }
  chain_.emplace(runtime_.filters, routeFilters, arena_, static_cast<api::StreamHandle&>(*this),
                 static_cast<FilterChainHost&>(*this), loop().slabs());
}

void Stream::identifyClient(http::MessageHead& head) {
  info_.client = info_.peer;
  info_.clientText = info_.peerText;
  const auto client = forwardedClient(head.headers, runtime_.config.trustedHops);
  if (!client) return;
  info_.forwarded = true;
  info_.client = *client;
  char text[INET6_ADDRSTRLEN];
  info_.clientText = arena_.copy({text, client->writeHost(text)});
  if (const std::string_view scheme = forwardedScheme(head.headers); !scheme.empty()) head.scheme = scheme;
}

void Stream::onHead(http::MessageHead& head, bool end) {
  head.scheme = kScheme;
  begin(head, true);
  expectsContinue_ = head.expectContinue && !end;
  touch();
  upgrade_ = head.isUpgrade() && !end ? Upgrade::Asked : Upgrade::None;
  if (upgrade_ == Upgrade::None && runtime_.config.timeouts.request.count() > 0) {
    requestTimer_.after(runtime_.config.timeouts.request);
  }
  if (head.contentLength.value_or(0) > maxRequestBody_) {
    requestBodyTooLarge(maxRequestBody_);
    return;
  }
  if (end) {
    requestEnded();
  } else {
    expectBody();
  }
  chain_->request().head(head, end);
}

void Stream::expectBody() {
  if (upgrade_ == Upgrade::None) bodyTimer_.after(runtime_.config.timeouts.bodyIdle);
}

void Stream::onInvalidRequest(http::MessageHead& partial, const base::Error& error) {
  partial.scheme = kScheme;
  begin(partial, false);
  if (error.code != ErrorCode::RequestTimeout) return refuse(error);
  stats_.rqTimeout.inc();
  reply(error);
}

void Stream::refuse(const base::Error& error) {
  stats_.rqInvalid.inc();
  context_.report("invalid_request", info_.peer, error.message);
  reply(error);
}

void Stream::onData(base::Buffer& data, bool end) {
  if (finished() || requestState_ != Request::Open) return data.clear();
  info_.bytesReceived += data.size();
  if (info_.bytesReceived > maxRequestBody_ && upgrade_ == Upgrade::None) {
    return requestBodyTooLarge(maxRequestBody_);
  }
  touch();
  if (end) {
    requestEnded();
  } else if (pauses_ == 0) {
    expectBody();
  }
  chain_->request().data(data, end);
  endTunnel();
}

void Stream::onTrailers(http::HeaderList& trailers) {
  if (finished() || requestState_ != Request::Open) return;
  requestEnded();
  chain_->request().trailers(trailers);
}

void Stream::requestEnded() {
  requestState_ = Request::Complete;
  info_.requestComplete = loop().now();
  bodyTimer_.cancel();
  requestTimer_.cancel();
}

void Stream::onReset(const base::Error& error) {
  if (finished()) return;
  requestState_ = requestState_ == Request::Open ? Request::Abandoned : requestState_;
  // A malformed body is answered like a malformed head, while nothing has gone out yet.
  if (base::httpStatus(error.code) != 0 && error.source == base::ErrorSource::Downstream &&
      response_ == Response::None) {
    return refuse(error);
  }
  stats_.rqReset.inc();
  abortResponse(error);
}

void Stream::requestBodyTooLarge(size_t maximum) {
  refuse({ErrorCode::BodyTooLarge, base::ErrorSource::Downstream, false,
          fmt::format("the request body is larger than {} bytes", maximum)});
}

void Stream::responseBodyTooLarge(size_t maximum) {
  reply({ErrorCode::UpstreamBodyTooLarge, base::ErrorSource::Upstream, false,
         fmt::format("the response body is larger than the {} bytes that may be looked at", maximum)});
}

// ---- the response, towards the codec

FilterStatus Stream::reply(const base::Error& error) {
  if (finished()) return FilterStatus::Done;
  if (response_ != Response::None) {
    abortResponse(error);
    return FilterStatus::Done;
  }
  info_.flags |= responseFlag(error.code);
  return reply(base::httpStatus(error.code), base::reasonToken(error.code), error.message);
}

FilterStatus Stream::reply(uint16_t status, std::string_view reasonToken, std::string_view message) {
  if (finished()) return FilterStatus::Done;
  if (response_ != Response::None) {
    abortResponse({ErrorCode::Internal, base::ErrorSource::Local, false, std::string(message)});
    return FilterStatus::Done;
  }
  http::MessageHead& head = *errorHead(arena_, status);
  const ErrorBody* own = runtime_.config.errorBody.get();
  if (own == nullptr) return replyWith(head, errorBody(arena_, status, reasonToken, message), reasonToken);
  head.headers.set(http::HeaderName::ContentType, own->contentType());
  info_.details = reasonToken;
  return replyWith(head, own->write(arena_, info_, head, message, loop().now()), reasonToken);
}

FilterStatus Stream::replyWith(http::MessageHead& head, std::string_view body, std::string_view reasonToken) {
  if (finished()) return FilterStatus::Done;
  if (response_ != Response::None) {
    abortResponse({ErrorCode::Internal, base::ErrorSource::Local, false, "an answer after the response has begun"});
    return FilterStatus::Done;
  }
  if (upgrade_ == Upgrade::Asked) answerUpgrade(false);
  info_.details = reasonToken;
  chain_->request().stop();
  chain_->terminal().onRequestAborted({ErrorCode::Internal, base::ErrorSource::Local, false, "answered locally"});
  if (requestState_ != Request::Complete) writer_.closeAfterStream();
  requestState_ = requestState_ == Request::Open ? Request::Abandoned : requestState_;
  bodyTimer_.cancel();
  requestTimer_.cancel();
  if (info_.responseHead == 0) info_.responseHead = loop().now();

  if (head.status != 204 && head.status != 304) head.contentLength = body.size();
  const bool headOnly = body.empty() || request_->method == http::Method::Head;
  if (!std::exchange(replying_, true)) {
    chain_->response().replace(head, body, headOnly);
    return FilterStatus::Done;
  }
  // A filter answers instead of what was answered here already, or holds it for too long: the last word by-passes them.
  chain_->response().stop();
  responseHeadPassed(head, headOnly);
  if (headOnly) return FilterStatus::Done;
  base::Buffer data(loop().slabs());
  data.append(body);
  responseDataPassed(data, true);
  return FilterStatus::Done;
}

void Stream::continueRequest() {
  if (!std::exchange(expectsContinue_, false) || finished() || response_ != Response::None) return;
  http::MessageHead head(arena_);
  head.status = 100;
  writer_.writeInformational(head);
}

void Stream::respondInformational(http::MessageHead& head) {
  if (finished() || response_ != Response::None || head.status == 100) return;
  touch();
  writer_.writeInformational(head);
}

void Stream::respondHead(http::MessageHead& head, bool end) {
  if (finished() || response_ != Response::None) return;
  touch();
  chain_->response().head(head, end);
}

void Stream::respondData(base::Buffer& data, bool end) {
  if (finished()) return data.clear();
  touch();
  chain_->response().data(data, end);
}

void Stream::respondTrailers(http::HeaderList& trailers) {
  if (finished()) return;
  chain_->response().trailers(trailers);
}

void Stream::responseHeadPassed(http::MessageHead& head, bool end) {
  if (finished()) return;
  response_ = Response::Begun;
  if (upgrade_ == Upgrade::Asked) answerUpgrade(head.isUpgrade());
  info_.response = &head;
  info_.status = head.status;
  if (end && requestState_ != Request::Complete) writer_.closeAfterStream();  // nobody will read the rest
  // RFC 9110 section 6.6.1: whoever has a clock adds what a message lacks.
  if (head.headers.find(http::HeaderName::Date) == nullptr) {
    head.headers.add(http::HeaderName::Date, arena_.copy(context_.date.of(loop().wallNow())));
  }
  writer_.writeHead(head, end);
  if (end) responseEnded();
}

void Stream::responseDataPassed(base::Buffer& data, bool end) {
  if (finished()) return data.clear();
  info_.bytesSent += data.size();
  writer_.writeData(data, end);
  if (end) responseEnded();
}

void Stream::responseTrailersPassed(http::HeaderList& trailers) {
  if (finished()) return;
  info_.responseTrailers = &trailers;
  writer_.writeTrailers(trailers);
  responseEnded();
}

void Stream::responseEnded() {
  if (upgrade_ == Upgrade::Tunnel) {
    response_ = Response::Ended;
    return endTunnel();
  }
  response_ = Response::Complete;
  finish();
}

void Stream::answerUpgrade(bool accepted) {
  upgrade_ = accepted ? Upgrade::Tunnel : Upgrade::None;
  accepted ? stats_.upgradeTotal.inc() : requestEnded();
}

// A tunnel is over when both directions have passed: whichever is first, the other goes on.
void Stream::endTunnel() {
  if (response_ != Response::Ended || !chain_->request().delivered()) return;
  response_ = Response::Complete;
  finish();
}

void Stream::abortResponse(const base::Error& error) {
  if (finished()) return;
  info_.flags |= responseFlag(error.code);
  info_.details = base::reasonToken(error.code);
  response_ = Response::Aborted;
  chain_->request().stop();
  chain_->response().stop();
  chain_->terminal().onRequestAborted(error);
  finish();
}

void Stream::finish() {
  idleTimer_.cancel();
  bodyTimer_.cancel();
  requestTimer_.cancel();
  loop().atTurnEnd(*this);
}

void Stream::runAtTurnEnd() {
  // The response may be whole while the backend still waits for the rest of the request.
  if (requestState_ != Request::Complete) {
    chain_->terminal().onRequestAborted(
        {ErrorCode::DownstreamReset, base::ErrorSource::Downstream, false, "the exchange is over"});
  }
  info_.end = loop().now();
  stats_.rqByClass[info_.status / 100 <= 5 ? info_.status / 100 : 0].inc();
  chain_->complete(info_);
  chain_.reset();
  writer_.release();
  this->~Stream();  // the arena goes with the codec's stream
}

// ---- pauses and back-pressure

void Stream::resumeRequest() {
  if (finished()) return;
  chain_->request().resume();
  endTunnel();
}

void Stream::resumeResponse() {
  if (!finished()) chain_->response().resume();
}

void Stream::pauseRequest(api::PauseReason reason) {
  if (pauses_ == 0 && !finished()) {
    writer_.setReading(false);
    bodyTimer_.cancel();  // now it is not the client who is slow
  }
  pauses_ |= reason;
}

void Stream::unpauseRequest(api::PauseReason reason) {
  if (pauses_ == 0) return;
  pauses_ &= static_cast<uint8_t>(~reason);
  if (pauses_ != 0 || finished()) return;
  writer_.setReading(true);
  if (requestState_ == Request::Open) expectBody();
}

void Stream::requestBufferFull(bool full) {
  full ? pauseRequest(api::kFilterPaused) : unpauseRequest(api::kFilterPaused);
}

void Stream::onWriteBlocked(bool blocked) { setDownstreamBlocked(1, blocked); }
void Stream::responseBufferFull(bool full) { setDownstreamBlocked(2, full); }

void Stream::setDownstreamBlocked(uint8_t bit, bool blocked) {
  if (finished()) return;
  const bool before = blocks_ != 0;
  blocks_ = static_cast<uint8_t>(blocked ? blocks_ | bit : blocks_ & ~bit);
  touch();
  if (before != (blocks_ != 0)) chain_->terminal().onDownstreamBlocked(blocks_ != 0);
}

// ---- timeouts

void Stream::touch() { idleTimer_.after(streamIdle_); }

void Stream::onStreamIdle() {
  stats_.rqTimeout.inc();
  if (requestState_ == Request::Complete || upgrade_ != Upgrade::None) {
    reply({ErrorCode::StreamIdle, base::ErrorSource::Upstream, false, "nothing moved in either direction"});
  } else {
    info_.flags |= api::kStreamIdleTimeout;
    reply({ErrorCode::RequestTimeout, base::ErrorSource::Downstream, false, "nothing moved in either direction"});
  }
}

void Stream::onBodyIdle() {
  stats_.rqTimeout.inc();
  stats_.rqBodyTimeout.inc();
  context_.report("slow_body", info_.peer, "the request body stopped coming");
  reply({ErrorCode::RequestTimeout, base::ErrorSource::Downstream, false, "the request body stopped coming"});
}

void Stream::onRequestTimeout() {
  stats_.rqTimeout.inc();
  stats_.rqBodyTimeout.inc();
  context_.report("slow_body", info_.peer, "the request did not come whole in time");
  reply({ErrorCode::RequestTimeout, base::ErrorSource::Downstream, false, "the request did not come whole in time"});
}

uint32_t responseFlag(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadRequest:
    case ErrorCode::UriTooLong:
    case ErrorCode::HeadersTooLarge:
    case ErrorCode::BodyTooLarge:
    case ErrorCode::MethodNotAllowed:
    case ErrorCode::ExpectationFailed:
    case ErrorCode::VersionNotSupported:
    case ErrorCode::NotImplemented: return api::kDownstreamProtocolError;
    case ErrorCode::RequestTimeout: return api::kDurationTimeout;
    case ErrorCode::DownstreamReset:
    case ErrorCode::DownstreamWriteIdle: return api::kDownstreamConnectionTermination;
    case ErrorCode::RouteNotFound: return api::kNoRouteFound;
    case ErrorCode::ClusterNotFound: return api::kNoClusterFound;
    case ErrorCode::NoHealthyUpstream: return api::kNoHealthyUpstream;
    case ErrorCode::Overflow: return api::kUpstreamOverflow;
    case ErrorCode::Draining: return api::kOverload;
    case ErrorCode::ConnectFailed:
    case ErrorCode::ConnectTimeout: return api::kUpstreamConnectionFailure;
    case ErrorCode::RefusedStream:
    case ErrorCode::Unsent:
    case ErrorCode::UpstreamReset:
    case ErrorCode::UpstreamTruncated: return api::kUpstreamConnectionTermination;
    case ErrorCode::UpstreamProtocol: return api::kUpstreamProtocolError;
    case ErrorCode::UpstreamBodyTooLarge: return 0;
    case ErrorCode::UpstreamTimeout:
    case ErrorCode::PerTryTimeout: return api::kUpstreamRequestTimeout;
    case ErrorCode::StreamIdle: return api::kStreamIdleTimeout;
    case ErrorCode::Internal:
    case ErrorCode::Config:
    case ErrorCode::Io: return 0;
  }
  return 0;
}

}  // namespace headgate::proxy
