#include "source/http/h1/client_codec.h"

#include <cstdlib>

#include "source/http/h1/writer.h"

namespace headgate::http::h1 {

namespace {

// RFC 6455 section 4.1 wants a key of every client; one that comes over HTTP/2 has none (RFC 8441 section 5).
bool needsKey(const MessageHead& head) {
  return head.protocol == "websocket" && head.headers.find("sec-websocket-key") == nullptr;
}

// 16 random bytes in base64.
std::string_view makeKey(base::Arena& arena) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr size_t kChars = 24;
  char random[kChars];
  arc4random_buf(random, sizeof(random));
  char* key = arena.array<char>(kChars);
  for (size_t i = 0; i < kChars; ++i) key[i] = kDigits[static_cast<unsigned char>(random[i]) % kDigits.size()];
  key[21] = "AQgw"[static_cast<unsigned char>(random[21]) % 4];  // two bits of the last byte
  key[22] = key[23] = '=';
  return {key, kChars};
}

}  // namespace

/// One exchange on the client's side: frames the request, decodes the response. Lives in the arena of the stream that
/// asked for it.
class ClientStream final : public MessageWriter {
 public:
  ClientStream(ClientCodec& codec, base::Arena& arena, MessageSink& sink)
      : codec_(codec), arena_(arena), sink_(&sink), trailers_(arena), early_(codec.host_.connection().loop().slabs()) {}

  void writeInformational(const MessageHead& /*head*/) override {}
  void writeHead(const MessageHead& head, bool end) override;
  void writeData(base::Buffer& data, bool end) override;
  void writeTrailers(const HeaderList& trailers) override;
  void setReading(bool on) override { codec_.host_.connection().setReading(on); }
  void closeAfterStream() override { keepAlive_ = false; }
  void release() override;

  void receive(base::Slice bytes);
  void receiveEof();
  void fail(base::ErrorCode code, std::string message);
  /// Says how far the stream had come when the connection went.
  void lost(const std::string& why);

 private:
  friend class ClientCodec;
  enum class Response : uint8_t { None, Begun, Complete, Failed };
  /// None ──head with Upgrade──▶ Asked ──101──▶ Open; any other final response leads back to None.
  enum class Tunnel : uint8_t { None, Asked, Open };
  /// Each takes memory until the stream ends. Far beyond what hints and progress reports need.
  static constexpr uint32_t kMaxInterimResponses = 100;

  /// True when a head was complete in `bytes`, which then holds what follows it.
  bool receiveHead(base::Slice& bytes);
  void receiveBody(base::Slice& bytes);
  void upgradeAnswered(bool accepted);
  void writeTunnel(base::Buffer& data, bool end);

  ClientCodec& codec_;
  base::Arena& arena_;
  MessageSink* sink_;
  MessageHead* head_ = nullptr;
  HeaderList trailers_;
  BodyDecoder decoder_;
  base::Buffer early_;       ///< of a tunnel that has not been accepted yet
  std::string_view wanted_;  ///< the protocol that was asked for
  uint64_t remaining_ = 0;
  uint32_t interimResponses_ = 0;
  Method method_ = Method::Get;
  OutFraming framing_ = OutFraming::None;
  Response response_ = Response::None;
  Tunnel tunnel_ = Tunnel::None;
  bool requestComplete_ = false;
  bool anyResponseByte_ = false;
  bool keepCase_ = false;  ///< of names, in both messages
  bool keepAlive_ = true;
};

// ---- writing

void ClientStream::writeHead(const MessageHead& head, bool end) {
  std::string_view upgradeKey;
  method_ = head.method;
  keepCase_ = head.keepCase;
  if (head.isUpgrade()) {
    tunnel_ = Tunnel::Asked;
    wanted_ = arena_.copy(head.protocol);
    upgradeKey = needsKey(head) ? makeKey(arena_) : std::string_view();
  } else if (!end) {
    framing_ = head.contentLength ? OutFraming::ContentLength : OutFraming::Chunked;
    remaining_ = head.contentLength.value_or(0);
  } else if (head.contentLength) {
    framing_ = OutFraming::ContentLength;  // an explicit 0
  }
  net::Connection& connection = codec_.host_.connection();
  writeRequestHead(connection.output(), head, framing_, upgradeKey);
  connection.flushSoon();
  requestComplete_ = end;
}

void ClientStream::writeData(base::Buffer& data, bool end) {
  if (requestComplete_) return data.clear();
  if (tunnel_ != Tunnel::None) return writeTunnel(data, end);
  net::Connection& connection = codec_.host_.connection();
  if (framing_ == OutFraming::Chunked) {
    writeChunk(connection.output(), data);
    if (end) writeLastChunk(connection.output(), nullptr);
  } else {
    // The request's own codec counts too; a filter that changed the length is stopped here before it can smuggle.
    if (data.size() > remaining_ || (end && data.size() < remaining_)) {
      data.clear();
      keepAlive_ = false;
      return fail(base::ErrorCode::Internal, "the request body does not have its declared length");
    }
    remaining_ -= data.size();
    connection.output().append(data);
  }
  connection.flushSoon();
  requestComplete_ = end;
}

// Bytes that a backend which refuses would take for a further request must not reach it before it has accepted.
void ClientStream::writeTunnel(base::Buffer& data, bool end) {
  requestComplete_ = end;
  if (tunnel_ == Tunnel::Asked) {
    early_.append(data);
    if (early_.size() > net::Connection::kHighWatermark) sink_->onWriteBlocked(true);
    return;
  }
  net::Connection& connection = codec_.host_.connection();
  connection.output().append(data);
  end ? connection.finishWriting() : connection.flushSoon();
}

void ClientStream::upgradeAnswered(bool accepted) {
  const bool wasBlocked = early_.size() > net::Connection::kHighWatermark;
  tunnel_ = accepted ? Tunnel::Open : Tunnel::None;
  if (accepted) {
    if (!early_.empty() || requestComplete_) writeTunnel(early_, requestComplete_);
  } else {
    early_.clear();
    requestComplete_ = true;
  }
  if (wasBlocked) sink_->onWriteBlocked(false);
}

void ClientStream::writeTrailers(const HeaderList& trailers) {
  if (requestComplete_) return;
  net::Connection& connection = codec_.host_.connection();
  if (framing_ == OutFraming::Chunked) writeLastChunk(connection.output(), &trailers, keepCase_);
  connection.flushSoon();
  requestComplete_ = true;
}

void ClientStream::release() {
  if (sink_ == nullptr) return;
  sink_ = nullptr;
  early_.clear();  // the arena that holds it runs no destructor
  ClientCodec& codec = codec_;
  codec.stream_ = nullptr;
  // Bytes that wait still: the backend answered before it could have the whole request.
  const bool sent = requestComplete_ && codec.host_.connection().output().empty();
  const bool reusable = keepAlive_ && codec.usable_ && sent && response_ == Response::Complete;
  codec.usable_ = reusable;
  if (tunnel_ == Tunnel::Open) {
    if (requestComplete_ && response_ == Response::Complete) return codec.host_.closeAfterOutput();
    codec.host_.connection().reset();  // the backend must not take what it has for all
  }
  if (reusable) codec.host_.connection().setReading(true);  // a paused idle connection would not hear its end
  codec.host_.onStreamDone(reusable);
}

// ---- reading

void ClientStream::receive(base::Slice bytes) {
  while (!bytes.empty() && sink_ != nullptr) {
    anyResponseByte_ = true;
    switch (response_) {
      case Response::None:
        if (!receiveHead(bytes)) return;
        break;
      case Response::Begun: receiveBody(bytes); break;
      case Response::Complete:
        keepAlive_ = false;  // bytes beyond the response: whose are they?
        codec_.usable_ = false;
        return;
      case Response::Failed: return;
    }
  }
  // The user released from within the last callback: the same doubt.
  if (!bytes.empty()) codec_.usable_ = false;
}

bool ClientStream::receiveHead(base::Slice& bytes) {
  const HeadLimits limits{codec_.limits_.maxHeadBytes, codec_.limits_.maxHeaderCount, {}, {}, keepCase_};
  const bool continued = !codec_.pending_.empty();
  if (continued) codec_.pending_.append(bytes.view());
  const std::string_view view = continued ? std::string_view(codec_.pending_) : bytes.view();

  auto* head = arena_.make<MessageHead>(arena_);
  HeadFacts facts;
  const auto outcome =
      ResponseHeadParser::parse(view, codec_.scanned_, limits, method_, tunnel_ == Tunnel::Asked, *head, facts);
  if (!outcome) {
    fail(base::ErrorCode::UpstreamProtocol, outcome.error().message);
    return false;
  }
  if (outcome->status == ParseStatus::NeedMore) {
    if (!continued) codec_.pending_.assign(view);
    codec_.scanned_ = codec_.pending_.size();
    return false;
  }
  // All of pending_ but its last part, which is `bytes`, belongs to the head: what follows it lies in `bytes`.
  const size_t before = view.size() - bytes.size();
  bytes.removePrefix(outcome->consumed - before);
  codec_.pending_ = {};
  codec_.scanned_ = 0;

  if (head->isUpgrade() && head->protocol != wanted_) {
    fail(base::ErrorCode::UpstreamProtocol, "a switch to another protocol than was asked for");
    return false;
  }
  if (head->status < 200 && !head->isUpgrade()) {
    if (++interimResponses_ > kMaxInterimResponses) {
      fail(base::ErrorCode::UpstreamProtocol,
           "more than " + std::to_string(kMaxInterimResponses) + " interim responses");
      return false;
    }
    sink_->onInformational(*head);
    return true;
  }
  head_ = head;
  keepAlive_ = keepAlive_ && facts.keepAlive;
  if (facts.keepAliveTimeoutS != 0) codec_.peerIdleTimeoutS_ = facts.keepAliveTimeoutS;
  if (tunnel_ == Tunnel::Asked) upgradeAnswered(head->isUpgrade());
  const BodyFraming framing = tunnel_ == Tunnel::Open ? BodyFraming::UntilClose : facts.framing;
  decoder_.start(framing, head->contentLength.value_or(0), base::ErrorSource::Upstream, limits);
  const bool end = decoder_.complete();
  response_ = end ? Response::Complete : Response::Begun;
  if (end && !bytes.empty()) keepAlive_ = false;
  sink_->onHead(*head, end);
  return true;
}

void ClientStream::receiveBody(base::Slice& bytes) {
  base::Buffer data(codec_.host_.connection().loop().slabs());
  const auto done = decoder_.decode(bytes, data, trailers_);
  if (!done) {
    // What came before the error is delivered, or it would depend on how the bytes were split.
    if (!data.empty()) sink_->onData(data, false);
    return fail(done.error().code, done.error().message);
  }
  const bool hasTrailers = *done && !trailers_.empty();
  if (*done) {
    response_ = Response::Complete;
    if (!bytes.empty()) keepAlive_ = false;
  }
  if (!data.empty() || (*done && !hasTrailers)) sink_->onData(data, *done && !hasTrailers);
  if (hasTrailers && sink_ != nullptr) sink_->onTrailers(trailers_);
}

void ClientStream::receiveEof() {
  if (response_ == Response::Begun && decoder_.atEof()) {
    response_ = Response::Complete;
    keepAlive_ = false;
    base::Buffer none(codec_.host_.connection().loop().slabs());
    return sink_->onData(none, true);
  }
  lost("the backend ended the connection");
}

void ClientStream::lost(const std::string& why) {
  keepAlive_ = false;
  switch (response_) {
    case Response::None:
      if (anyResponseByte_) return fail(base::ErrorCode::UpstreamProtocol, why + " within the response head");
      if (!codec_.host_.connection().wroteSinceMark())
        return fail(base::ErrorCode::Unsent, why + " before the request was sent");
      return fail(base::ErrorCode::UpstreamReset, why + " before a response");
    case Response::Begun: {
      const std::string where = tunnel_ == Tunnel::Open ? " within the tunnel" : " within the response body";
      return fail(base::ErrorCode::UpstreamTruncated, why + where);
    }
    case Response::Complete:
    case Response::Failed: return;
  }
}

void ClientStream::fail(base::ErrorCode code, std::string message) {
  keepAlive_ = false;
  codec_.usable_ = false;
  if (sink_ == nullptr || response_ == Response::Failed) return;
  response_ = Response::Failed;
  const bool unsent = code == base::ErrorCode::Unsent;
  sink_->onReset({code, base::ErrorSource::Upstream, unsent, std::move(message)});
}

ClientCodec::~ClientCodec() = default;

MessageWriter& ClientCodec::newStream(base::Arena& arena, MessageSink& sink) {
  pending_ = {};
  scanned_ = 0;
  host_.connection().markUnsent();
  stream_ = arena.make<ClientStream>(*this, arena, sink);
  return *stream_;
}

void ClientCodec::receive(base::Slice bytes) {
  if (stream_ != nullptr) return stream_->receive(std::move(bytes));
  usable_ = false;
  host_.onUnusable();
}

void ClientCodec::receiveEof() {
  usable_ = false;
  stream_ != nullptr ? stream_->receiveEof() : host_.onUnusable();
}

void ClientCodec::connectionLost(const base::Error& error) {
  usable_ = false;
  stream_ != nullptr ? stream_->lost("the connection to the backend was lost (" + error.message + ")")
                     : host_.onUnusable();
}

void ClientCodec::outputBlocked(bool blocked) {
  if (stream_ != nullptr) stream_->sink_->onWriteBlocked(blocked);
}

}  // namespace headgate::http::h1
