#include "source/http/h2/server_stream.h"

#include <nghttp2/nghttp2.h>

#include <charconv>
#include <utility>

#include "source/http/h2/data_provider.h"

namespace headgate::http::h2 {
namespace {

// RFC 9218 section 4.1: `u=0` is the most urgent, 3 the default. The other parameter, i, is no matter of a proxy's: all
// responses of one urgency share the connection, so that none waits behind a long one.
uint32_t urgencyOf(std::string_view priority) {
  const size_t at = priority.find("u=");
  if (at == std::string_view::npos || at + 2 >= priority.size()) return NGHTTP2_EXTPRI_DEFAULT_URGENCY;
  const char digit = priority[at + 2];
  return digit >= '0' && digit <= '7' ? static_cast<uint32_t>(digit - '0') : NGHTTP2_EXTPRI_DEFAULT_URGENCY;
}

std::string_view number(base::Arena& arena, uint64_t value) {
  char* const digits = arena.array<char>(20);
  return {digits, static_cast<size_t>(std::to_chars(digits, digits + 20, value).ptr - digits)};
}

}  // namespace

ServerStream::ServerStream(base::Arena&& arena, Endpoint& endpoint, int32_t id)
    : Stream(std::move(arena), endpoint, id), head_(arena_), trailers_(arena_) {
  reader_.emplace(head_, endpoint.fieldLimits());
}

// ---- the request

void ServerStream::receiveField(std::string_view name, std::string_view value) {
  if (reader_) return reader_->field(name, value);
  if (trailerReader_) trailerReader_->field(name, value);
}

uint64_t ServerStream::blockSize() const {
  return reader_ ? reader_->size() : trailerReader_ ? trailerReader_->size() : 0;
}

void ServerStream::headEnd(ServerCodecHost& host, bool end, uint32_t wireBytes) {
  head_.wireBytes = wireBytes;
  const base::Status status = reader_->finish(end);
  reader_.reset();
  countArena();
  prioritise();
  requestSink_ = &host.newStream(arena_, *this);
  sink_ = requestSink_;
  outputState_ = Output::None;
  if (!status) return refuse(status.error());
  if (head_.isUpgrade() && !endpoint_.rules().allowsUpgrade(head_.protocol)) {
    return refuse({base::ErrorCode::NotImplemented, base::ErrorSource::Downstream, false,
                   "this listener does not pass on the protocol " + std::string(head_.protocol)});
  }
  if (end) {
    inputState_ = Input::Told;
  } else {
    expectInput(head_.contentLength);
  }
  requestSink_->onHead(head_, end);
  countArena();
}

void ServerStream::prioritise() {
  const nghttp2_extpri priority{urgencyOf(head_.headers.get("priority")), 1};
  nghttp2_session_change_extpri_stream_priority(endpoint_.session(), id(), &priority, 1);
}

void ServerStream::refuse(const base::Error& error) {
  inputState_ = Input::Reset;
  if (error.code == base::ErrorCode::BadRequest) {
    resetCode_ = ErrorCode::Protocol;
    endpoint_.count(Flood::Malformed);
  }
  requestSink_->onInvalidRequest(head_, error);
}

void ServerStream::malformed(const base::Error& error) {
  resetCode_ = ErrorCode::Protocol;
  endpoint_.count(Flood::Malformed);
  fail(error);
  if (outputState_ == Output::Ended && !outputWaits()) reset(ErrorCode::Protocol);
}

void ServerStream::beginTrailers() {
  trailerReader_.emplace(trailers_, endpoint_.fieldLimits(), base::ErrorSource::Downstream);
}

void ServerStream::trailersEnd(bool end) {
  if (!trailerReader_) return;
  const base::Status status = trailerReader_->finish();
  trailerReader_.reset();
  countArena();
  if (inputState_ != Input::Open) return;
  if (!status) return malformed(status.error());
  if (!end) {
    return malformed({base::ErrorCode::BadRequest, base::ErrorSource::Downstream, false,
                      "a second header block that does not end the request"});
  }
  if (!trailers_.empty()) receiveTrailers(trailers_);
  receiveEnd();
}

// ---- the response

void ServerStream::writeInformational(const MessageHead& head) {
  if (outputState_ != Output::None || closed_) return;
  if (head.status == 100 && bodyBegun()) return;  // RFC 9110 section 10.1.1
  nghttp2_nv* const all = fields(head.headers, 1, 0);
  all[0] = field(":status", number(arena_, head.status));
  nghttp2_submit_headers(endpoint_.session(), NGHTTP2_FLAG_NONE, id(), nullptr, all, 1 + head.headers.size(), nullptr);
  endpoint_.pumpSoon();
}

// RFC 8441 section 5: any 2xx accepts, and nothing else does; a backend of HTTP/1.1 that ignored the upgrade may have
// answered so as well.
uint16_t ServerStream::statusOf(const MessageHead& head) const {
  if (head.isUpgrade()) return 200;
  return head_.isUpgrade() && head.status / 100 == 2 ? 502 : head.status;
}

void ServerStream::writeHead(const MessageHead& head, bool end) {
  if (outputState_ != Output::None || closed_) return;
  nghttp2_nv* const all = fields(head.headers, 1, 1);
  size_t count = 1 + head.headers.size();
  tunnel_ = head.isUpgrade();
  all[0] = field(":status", number(arena_, statusOf(head)));
  if (head.contentLength && head.status != 204)
    all[count++] = field("content-length", number(arena_, *head.contentLength));
  const bool noBody = end || head.status == 204 || head.status == 304 || head_.method == Method::Head;
  outputState_ = noBody ? Output::Ended : Output::Open;
  if (!noBody) expectOutput(head.contentLength);
  const nghttp2_data_provider body = dataProvider(*this);
  nghttp2_submit_response(endpoint_.session(), id(), all, count, noBody ? nullptr : &body);
  countArena();
  endpoint_.pumpSoon();
}

void ServerStream::endSent() {
  if (tunnel_ && resetCode_ == ErrorCode::None) return;  // the other direction goes on
  if (inputState_ == Input::Open || resetCode_ != ErrorCode::None) {
    // RFC 9113 section 8.1: the rest of the request is not wanted.
    nghttp2_submit_rst_stream(endpoint_.session(), NGHTTP2_FLAG_NONE, id(), static_cast<uint32_t>(resetCode_));
  }
}

// ---- the end

void ServerStream::lost(const base::Error& error) {
  base::Error reset = error;
  reset.source = base::ErrorSource::Downstream;
  if (reset.code == base::ErrorCode::Io) reset.code = base::ErrorCode::DownstreamReset;
  fail(reset);
}

void ServerStream::closedBy(uint32_t code) {
  if (sink_ == nullptr || (outputState_ == Output::Ended && inputState_ != Input::Open && code == NGHTTP2_NO_ERROR))
    return;
  fail({base::ErrorCode::DownstreamReset, base::ErrorSource::Downstream, false,
        std::string("the client reset the stream: ") + nghttp2_http2_strerror(code)});
}

void ServerStream::release() {
  if (sink_ == nullptr) return;
  if (!closed_ && outputState_ != Output::Ended && outputState_ != Output::Reset) {
    reset(resetCode_ == ErrorCode::None ? ErrorCode::Internal : resetCode_);
  }
  detach();
}

}  // namespace headgate::http::h2
