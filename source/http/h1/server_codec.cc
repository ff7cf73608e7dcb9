#include "source/http/h1/server_codec.h"

#include <utility>

#include "source/http/h1/writer.h"

namespace headgate::http::h1 {
namespace {

// Nothing but (beginnings of) the empty lines that may precede a request line: the parser has refused a bare CR or LF.
bool isEmptyLines(std::string_view bytes) { return bytes.find_first_not_of("\r\n") == std::string_view::npos; }

}  // namespace

/// One exchange on the server's side: decodes the request body, frames the response. Lives in its own arena.
class ServerStream final : public MessageWriter, public event::Disposable {
 public:
  ServerStream(base::Arena&& arena, ServerCodec& codec)
      : codec_(codec), arena_(std::move(arena)), head_(arena_), trailers_(arena_) {}

  void writeInformational(const MessageHead& head) override;
  void writeHead(const MessageHead& head, bool end) override;
  void writeData(base::Buffer& data, bool end) override;
  void writeTrailers(const HeaderList& trailers) override;
  void setReading(bool on) override;
  void closeAfterStream() override { keepAlive_ = false; }
  void release() override;
  void dispose() noexcept override { base::Arena::destroyInOwnArena(this, arena_); }

  /// Decodes and delivers body bytes; leaves what belongs to the next request in `bytes`.
  void receive(base::Slice& bytes);
  void reset(const base::Error& error);

 private:
  friend class ServerCodec;
  enum class Response : uint8_t { None, Body, Complete };
  /// None ──head with Upgrade──▶ Asked ──101──▶ Open; any other answer leads back to None.
  enum class Tunnel : uint8_t { None, Asked, Open };

  void answerUpgrade(bool accepted);
  void receiveTunnelEnd();
  void end();
  [[nodiscard]] bool takesBytes() const { return !requestComplete_ && tunnel_ != Tunnel::Asked; }
  [[nodiscard]] bool whole() const {
    return response_ == Response::Complete && (tunnel_ != Tunnel::Open || requestComplete_);
  }

  ServerCodec& codec_;
  base::Arena arena_;
  MessageHead head_;
  HeaderList trailers_;
  HeadFacts facts_;
  BodyDecoder decoder_;
  RequestSink* sink_ = nullptr;
  uint64_t remaining_ = 0;  ///< of the declared response length
  OutFraming framing_ = OutFraming::None;
  Response response_ = Response::None;
  Tunnel tunnel_ = Tunnel::None;
  bool requestComplete_ = false;
  bool keepAlive_ = true;
  bool reading_ = true;
  bool wasReset_ = false;
  bool bodyBegun_ = false;  ///< a byte of the request body has come
};

// ---- writing

void ServerStream::writeInformational(const MessageHead& head) {
  if (response_ != Response::None || head_.version == Version::Http10) return;  // RFC 9110 section 15.2
  if (head.status == 100 && bodyBegun_) return;                                 // RFC 9110 section 10.1.1
  net::Connection& connection = codec_.host_.connection();
  writeResponseHead(connection.output(), head, OutFraming::None, false, {}, codec_.keepCase());
  connection.flushSoon();
}

void ServerStream::answerUpgrade(bool accepted) {
  tunnel_ = accepted ? Tunnel::Open : Tunnel::None;
  requestComplete_ = !accepted;
  if (accepted) {
    decoder_.start(BodyFraming::UntilClose, 0, base::ErrorSource::Downstream, {});
    codec_.host_.connection().loop().atTurnEnd(codec_);  // what has come already
  } else if (codec_.pending_) {
    keepAlive_ = false;
    codec_.closing_ = true;
    codec_.pending_.reset();
  }
}

void ServerStream::writeHead(const MessageHead& head, bool end) {
  if (tunnel_ == Tunnel::Asked) answerUpgrade(head.isUpgrade());
  const bool noBody = head.status == 204 || head.status == 304 || head_.method == Method::Head;
  if (noBody) {
    framing_ = OutFraming::None;
  } else if (end) {
    framing_ = OutFraming::ContentLength;  // of 0
  } else if (head.contentLength) {
    framing_ = OutFraming::ContentLength;
    remaining_ = *head.contentLength;
  } else {
    const bool untilClose = tunnel_ == Tunnel::Open || head_.version == Version::Http10;
    framing_ = untilClose ? OutFraming::UntilClose : OutFraming::Chunked;
  }
  // Not while pipelined requests wait: what follows "close" is never answered (RFC 9112 section 9.6).
  const bool last = (codec_.draining_ || codec_.peerEnded_) && !codec_.pending_;
  if (framing_ == OutFraming::UntilClose || last) keepAlive_ = false;
  const std::string_view option = !keepAlive_ ? "close" : head_.version == Version::Http10 ? "keep-alive" : "";
  net::Connection& connection = codec_.host_.connection();
  const bool declareLength = head.contentLength.has_value() && head.status != 204;
  if (framing_ == OutFraming::ContentLength && end && head.contentLength.value_or(0) != 0)
    keepAlive_ = false;  // a filter's mistake: cut
  writeResponseHead(connection.output(), head, framing_, declareLength, option, codec_.keepCase());
  connection.flushSoon();
  response_ = Response::Body;
  if (end || (framing_ == OutFraming::None && noBody)) this->end();
}

void ServerStream::writeData(base::Buffer& data, bool end) {
  if (response_ != Response::Body) return data.clear();
  net::Connection& connection = codec_.host_.connection();
  base::Buffer& out = connection.output();
  switch (framing_) {
    case OutFraming::None: data.clear(); break;
    case OutFraming::ContentLength:
      // More or fewer bytes than declared would shift the next response: never write more, and cut after fewer.
      if (data.size() > remaining_) {
        keepAlive_ = false;
        base::Buffer allowed(data.pool());
        allowed.appendFront(data, remaining_);
        data.clear();
        data.append(allowed);
      }
      remaining_ -= data.size();
      if (end && remaining_ > 0) return release();
      out.append(data);
      break;
    case OutFraming::Chunked:
      writeChunk(out, data);
      if (end) writeLastChunk(out, nullptr);
      break;
    case OutFraming::UntilClose: out.append(data); break;
  }
  if (end && tunnel_ == Tunnel::Open) connection.finishWriting();
  connection.flushSoon();
  if (end) this->end();
}

void ServerStream::writeTrailers(const HeaderList& trailers) {
  if (response_ != Response::Body) return;
  net::Connection& connection = codec_.host_.connection();
  if (framing_ == OutFraming::Chunked) {
    writeLastChunk(connection.output(), &trailers, codec_.keepCase());
  } else if (framing_ == OutFraming::ContentLength && remaining_ > 0) {
    return release();
  }
  connection.flushSoon();
  end();
}

void ServerStream::end() { response_ = Response::Complete; }

void ServerStream::setReading(bool on) {
  reading_ = on;
  codec_.updateReading();
}

void ServerStream::release() {
  if (sink_ == nullptr) return;
  sink_ = nullptr;
  net::Connection& connection = codec_.host_.connection();
  codec_.stream_ = nullptr;
  connection.loop().deferDelete(*this);
  if (!connection.isOpen()) return;
  if (whole()) {
    codec_.streamDone(keepAlive_ && requestComplete_);
  } else {
    // The client must not take what it has for a whole response: no clean FIN where the end of the connection delimits
    // it.
    framing_ == OutFraming::UntilClose ? connection.reset() : void();
    codec_.close();
  }
}

// ---- reading

void ServerStream::receive(base::Slice& bytes) {
  bodyBegun_ = true;
  base::Buffer data(codec_.host_.connection().loop().slabs());
  const auto done = decoder_.decode(bytes, data, trailers_);
  if (!done) {
    // What came before the error is delivered, or it would depend on how the bytes were split.
    if (!data.empty()) sink_->onData(data, false);
    return reset(done.error());
  }
  requestComplete_ = *done;
  if (requestComplete_ && !reading_) codec_.updateReading();
  const bool hasTrailers = requestComplete_ && !trailers_.empty();
  if (!data.empty() || (requestComplete_ && !hasTrailers)) sink_->onData(data, requestComplete_ && !hasTrailers);
  if (hasTrailers && sink_ != nullptr) sink_->onTrailers(trailers_);
}

void ServerStream::receiveTunnelEnd() {
  requestComplete_ = true;
  base::Buffer none(codec_.host_.connection().loop().slabs());
  sink_->onData(none, true);
}

void ServerStream::reset(const base::Error& error) {
  keepAlive_ = false;
  codec_.closing_ = true;
  if (sink_ == nullptr || std::exchange(wasReset_, true)) return;
  sink_->onReset(error);
}

ServerCodec::~ServerCodec() {
  if (stream_ != nullptr) stream_->codec_.host_.connection().loop().deferDelete(*stream_);
}

void ServerCodec::receive(base::Slice bytes) {
  if (closing_) return;
  const bool bodyDue = stream_ != nullptr && stream_->takesBytes();
  if (!pending_ && (bodyDue || mayBegin())) return process(std::move(bytes));
  keep(bytes.view());
  processPending();
}

void ServerCodec::process(base::Slice bytes) {
  while (!bytes.empty() && !closing_) {
    if (stream_ != nullptr) {
      if (!stream_->takesBytes()) return keep(bytes.view());
      stream_->receive(bytes);
      continue;
    }
    if (pending_) return keep(bytes.view());  // a stream ended within: its successor is due at the end of the turn
    const size_t consumed = parseHead(bytes.view(), 0);
    if (consumed == 0) {
      if (closing_ || stream_ != nullptr) return;
      keep(bytes.view());
      pending_->scanned = bytes.size();
      return;
    }
    bytes.removePrefix(consumed);
  }
}

base::Slice ServerCodec::sliceOf(std::string_view bytes) {
  const auto size = static_cast<uint32_t>(bytes.size());
  base::SlabPool& slabs = host_.connection().loop().slabs();
  base::Slab* slab = size <= base::SlabPool::kSmallBytes   ? slabs.takeSmall()
                     : size <= base::SlabPool::kLargeBytes ? slabs.takeLarge()
                                                           : slabs.takeSized(size);
  bytes.copy(slab->data(), size);
  base::Slice slice(slab, slab->data(), size);
  --slab->refs;
  return slice;
}

// What came behind an upgrade before it was accepted.
void ServerCodec::processEarlyBytes() {
  if (closing_) return;
  if (const std::unique_ptr<Pending> taken = std::move(pending_)) {
    base::Slice bytes = sliceOf(taken->bytes);
    stream_->receive(bytes);
    updateReading();
  }
  if (peerEnded_ && stream_ != nullptr && stream_->takesBytes()) stream_->receiveTunnelEnd();
}

void ServerCodec::processPending() {
  if (stream_ != nullptr && stream_->tunnel_ == ServerStream::Tunnel::Open) return processEarlyBytes();
  if (!mayBegin() || closing_ || !host_.connection().isOpen()) return;
  if (pending_) {
    std::unique_ptr<Pending> taken = std::move(pending_);
    const size_t consumed = parseHead(taken->bytes, taken->scanned);
    if (consumed > 0) {
      // What follows the head goes on as a slice of its own.
      const std::string& rest = taken->bytes;
      if (consumed < rest.size()) process(sliceOf(std::string_view(rest).substr(consumed)));
    } else if (!closing_ && stream_ == nullptr) {
      taken->scanned = taken->bytes.size();
      pending_ = std::move(taken);
    }
  }
  updateReading();
  if (peerEnded_ && !closing_) stream_ == nullptr ? close() : endInput();
}

// Nothing more comes from the client.
void ServerCodec::endInput() {
  if (!stream_->takesBytes()) return;
  if (stream_->tunnel_ == ServerStream::Tunnel::Open) return processEarlyBytes();
  stream_->reset({base::ErrorCode::DownstreamReset, base::ErrorSource::Downstream, false,
                  "the client ended the connection within its request"});
}

size_t ServerCodec::parseHead(std::string_view bytes, size_t scanned) {
  auto& loop = host_.connection().loop();
  // Parsed right into the stream to be; an incomplete head gives it back (the chunk pool makes that cheap).
  auto* stream = base::Arena::makeInOwnArena<ServerStream>(loop.chunks(), *this);
  stream->head_.scheme = "http";
  const MessageRules& rules = limits_.rules;
  const HeadLimits limits{limits_.maxHeadBytes, limits_.maxHeaderCount, rules.path, rules.underscores,
                          rules.keepHeaderCase};
  const auto outcome = RequestHeadParser::parse(bytes, scanned, limits, stream->head_, stream->facts_);
  if (outcome && outcome->status == ParseStatus::NeedMore) {
    stream->dispose();
    if (!partialHead_ && !isEmptyLines(bytes)) host_.awaitingHead(partialHead_ = true);
    return 0;
  }
  if (partialHead_) host_.awaitingHead(partialHead_ = false);
  stream_ = stream;
  stream->sink_ = &host_.newStream(stream->arena_, *stream);
  if (!outcome) {
    refuse(*stream, outcome.error());
    return 0;
  }
  stream->keepAlive_ = stream->facts_.keepAlive;
  stream->decoder_.start(stream->facts_.framing, stream->head_.contentLength.value_or(0), base::ErrorSource::Downstream,
                         limits);
  stream->requestComplete_ = stream->decoder_.complete();
  stream->bodyBegun_ = !stream->requestComplete_ && outcome->consumed < bytes.size();
  if (stream->head_.isUpgrade() && !limits_.rules.allowsUpgrade(stream->head_.protocol)) stream->head_.protocol = {};
  if (stream->head_.isUpgrade()) {
    stream->tunnel_ = ServerStream::Tunnel::Asked;
    stream->requestComplete_ = false;
  }
  if (stream->bodyBegun_) stream->head_.expectContinue = false;
  stream->sink_->onHead(stream->head_, stream->requestComplete_);
  return outcome->consumed;
}

void ServerCodec::refuse(ServerStream& stream, const base::Error& error) {
  closing_ = true;  // whatever follows cannot be told apart from the broken message
  pending_.reset();
  stream.keepAlive_ = false;
  stream.sink_->onInvalidRequest(stream.head_, error);
}

void ServerCodec::keep(std::string_view bytes) {
  if (!pending_) pending_ = std::make_unique<Pending>();
  pending_->bytes.append(bytes);
  updateReading();
}

bool ServerCodec::mayBegin() const { return stream_ == nullptr && !host_.connection().writeBlocked(); }

void ServerCodec::updateReading() {
  const bool streamPauses = stream_ != nullptr && !stream_->reading_ && !stream_->requestComplete_;
  const bool pipelineFull = !mayBegin() && pending_ && pending_->bytes.size() > limits_.maxPipelinedBytes;
  if (pipelineFull && host_.connection().reading()) host_.onPipelineFull();
  host_.connection().setReading(!streamPauses && !pipelineFull);
}

void ServerCodec::streamDone(bool keepAlive) {
  // A drain that began after the head had promised to keep the connection waits for one more request.
  if (!keepAlive) return close();
  updateReading();
  host_.onIdle();
  if (pending_ || peerEnded_) host_.connection().loop().atTurnEnd(*this);
}

void ServerCodec::close() {
  closing_ = true;
  pending_.reset();
  if (partialHead_) host_.awaitingHead(partialHead_ = false);
  host_.closeGracefully();
}

void ServerCodec::receiveEof() {
  peerEnded_ = true;
  if (closing_) return;
  // A partial head is abandoned; complete ones that wait are answered.
  stream_ == nullptr ? processPending() : endInput();
}

void ServerCodec::connectionLost(const base::Error& error) {
  closing_ = true;
  pending_.reset();
  if (stream_ != nullptr) stream_->reset(error);
}

void ServerCodec::outputBlocked(bool blocked) {
  if (stream_ != nullptr && stream_->sink_ != nullptr) return stream_->sink_->onWriteBlocked(blocked);
  if (!blocked && pending_) host_.connection().loop().atTurnEnd(*this);
}

void ServerCodec::headTimeout() {
  if (stream_ != nullptr || closing_) return;
  partialHead_ = false;
  auto* stream = base::Arena::makeInOwnArena<ServerStream>(host_.connection().loop().chunks(), *this);
  stream_ = stream;
  stream->sink_ = &host_.newStream(stream->arena_, *stream);
  refuse(*stream, {base::ErrorCode::RequestTimeout, base::ErrorSource::Downstream, false,
                   "the request head did not come in time"});
}

}  // namespace headgate::http::h1
