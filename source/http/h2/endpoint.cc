#include "source/http/h2/endpoint.h"

#include <malloc.h>
#include <nghttp2/nghttp2.h>

#include <cstdlib>
#include <utility>

#include "source/http/h2/stream.h"

namespace headgate::http::h2 {
namespace {

constexpr uint32_t kPrefaceBytes = 24;
constexpr uint32_t kFrameBytes =
    16 * 1024;  // the most that a frame carries (SETTINGS_MAX_FRAME_SIZE as it is by default)

// nghttp2 says how much of HPACK's decoded fields it shows us before we look away: at this multiple of the limit on a
// header list the connection is cut instead of decoding on.
constexpr uint64_t kBombFactor = 4;
// A DATA frame this short although more waits was cut by the peer's window.
constexpr size_t kTinyFrame = 256;

// Counts what one session holds; malloc knows the sizes.
void* countedMalloc(size_t size, void* counter) {
  void* memory = std::malloc(size);
  *static_cast<size_t*>(counter) += malloc_usable_size(memory);
  return memory;
}
void countedFree(void* memory, void* counter) {
  *static_cast<size_t*>(counter) -= malloc_usable_size(memory);
  std::free(memory);
}
void* countedCalloc(size_t count, size_t size, void* counter) {
  void* memory = std::calloc(count, size);
  *static_cast<size_t*>(counter) += malloc_usable_size(memory);
  return memory;
}
void* countedRealloc(void* memory, size_t size, void* counter) {
  *static_cast<size_t*>(counter) -= malloc_usable_size(memory);
  memory = std::realloc(memory, size);
  *static_cast<size_t*>(counter) += malloc_usable_size(memory);
  return memory;
}

std::string_view view(nghttp2_rcbuf* buffer) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

}  // namespace

/// nghttp2's callbacks, made once a process and only read since.
struct Callbacks {
  static Endpoint& endpoint(void* user) { return *static_cast<Endpoint*>(user); }
  static Stream* stream(nghttp2_session* session, int32_t id) {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int onBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_HEADERS)
      endpoint(user).onBeginHeaders(frame->hd.stream_id, stream(session, frame->hd.stream_id));
    return 0;
  }

  static int onHeader(nghttp2_session* session, const nghttp2_frame* frame, nghttp2_rcbuf* name, nghttp2_rcbuf* value,
                      uint8_t /*flags*/, void* user) {
    Stream* const to = stream(session, frame->hd.stream_id);
    if (to == nullptr) return 0;
    to->receiveField(view(name), view(value));
    if (to->blockSize() <= kBombFactor * endpoint(user).fieldLimits().maxBytes) return 0;
    endpoint(user).flooded_ = Flood::Header;
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }

  static int onFrameReceived(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Endpoint& end = endpoint(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        if (Stream* const to = stream(session, frame->hd.stream_id)) {
          end.onHeadersEnd(*to, (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0,
                           static_cast<uint32_t>(frame->hd.length));
        }
        break;
      case NGHTTP2_DATA:
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) break;
        if (Stream* const to = stream(session, frame->hd.stream_id)) to->receiveEnd();
        break;
      case NGHTTP2_SETTINGS:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) end.onSettings();
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) end.onPingAck();
        break;
      case NGHTTP2_GOAWAY: end.onGoaway(); break;
      default: break;
    }
    return 0;
  }

  static int onData(nghttp2_session* session, uint8_t /*flags*/, int32_t id, const uint8_t* data, size_t size,
                    void* user) {
    Endpoint& end = endpoint(user);
    Stream* const to = stream(session, id);
    if (to == nullptr) return nghttp2_session_consume_connection(session, size);
    to->receiveData(base::Slice(end.current_.slab(), reinterpret_cast<char*>(const_cast<uint8_t*>(data)),
                                static_cast<uint32_t>(size)));
    return 0;
  }

  static int onStreamClose(nghttp2_session* session, int32_t id, uint32_t code, void* user) {
    Stream* const to = stream(session, id);
    if (to == nullptr) return 0;
    endpoint(user).onStreamClosed(*to, code);
    to->closed();
    return 0;
  }

  static int onFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    Endpoint& end = endpoint(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) end.goawaySent_ = true;
    if (frame->hd.type == NGHTTP2_DATA) end.guard_.dataSent();
    if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) return 0;
    const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ends) end.guard_.responseEnded();
    if (Stream* const of = stream(session, frame->hd.stream_id)) end.onSent(*of, ends);
    return 0;
  }

  static int onFrameNotSent(nghttp2_session* session, const nghttp2_frame* frame, int /*error*/, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (Stream* const of = stream(session, frame->hd.stream_id)) endpoint(user).onHeadersUnsent(*of);
    return 0;
  }

  static ssize_t readData(nghttp2_session* session, int32_t id, uint8_t* /*buffer*/, size_t most, uint32_t* flags,
                          nghttp2_data_source* source, void* user) {
    Endpoint& end = endpoint(user);
    if (end.connection_.output().size() >= Endpoint::kOutputBound) return NGHTTP2_ERR_PAUSE;
    auto& from = *static_cast<Stream*>(source->ptr);
    bool ends = false;
    const size_t bytes = from.sendable(most, ends);
    if (bytes == 0 && !ends) {
      from.deferred();
      return NGHTTP2_ERR_DEFERRED;
    }
    if (bytes == most && bytes < kTinyFrame && !ends) end.count(Flood::TinyWindow);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (!ends) return static_cast<ssize_t>(bytes);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    size_t trailers = 0;
    const nghttp2_nv* const fields = from.trailers(trailers);
    if (fields != nullptr) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(session, id, fields, trailers);
    }
    return static_cast<ssize_t>(bytes);
  }

  static int sendData(nghttp2_session* /*session*/, nghttp2_frame* /*frame*/, const uint8_t* header, size_t size,
                      nghttp2_data_source* source, void* user) {
    base::Buffer& out = endpoint(user).connection_.output();
    out.append(std::string_view(reinterpret_cast<const char*>(header), 9));
    static_cast<Stream*>(source->ptr)->send(out, size, endpoint(user).loop().now());
    return 0;
  }

  Callbacks() {
    nghttp2_session_callbacks_new(&all);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, onBeginHeaders);
    nghttp2_session_callbacks_set_on_header_callback2(all, onHeader);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, onFrameReceived);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, onData);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, onStreamClose);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, onFrameSent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(all, onFrameNotSent);
    nghttp2_session_callbacks_set_send_data_callback(all, sendData);
  }
  ~Callbacks() { nghttp2_session_callbacks_del(all); }
  Callbacks(const Callbacks&) = delete;
  Callbacks& operator=(const Callbacks&) = delete;

  static const Callbacks& get() {
    static const Callbacks callbacks;
    return callbacks;
  }

  nghttp2_session_callbacks* all = nullptr;
};

nghttp2_data_provider dataProvider(Stream& stream) {
  nghttp2_data_provider provider;
  provider.source.ptr = &stream;
  provider.read_callback = Callbacks::readData;
  return provider;
}

// ---- birth and death

Endpoint::Endpoint(Side side, net::Connection& connection, const CodecLimits& limits)
    : connection_(connection),
      limits_(limits),
      fieldLimits_{limits.maxHeadBytes, limits.maxHeaderCount, limits.rules.path, limits.rules.underscores},
      scanner_(side == Side::Server ? kPrefaceBytes : 0),
      stallTimer_(connection.loop().timers(), this, event::timerCallback<&Endpoint::onStallTimer>),
      pingTimer_(connection.loop().timers(), this, event::timerCallback<&Endpoint::onKeepAlive>),
      side_(side) {
  nghttp2_option* options = nullptr;
  nghttp2_option_new(&options);
  nghttp2_option_set_no_auto_window_update(options, 1);
  // head_reader.h has the rules of HTTP, so that what breaks them is answered and logged like over HTTP/1.1.
  nghttp2_option_set_no_http_messaging(options, 1);
  nghttp2_option_set_no_closed_streams(options, 1);
  nghttp2_option_set_max_send_header_block_length(options, 4 * 1024 * 1024);
  // As many frames as the largest header list needs, and some.
  nghttp2_option_set_max_continuations(options, 4 + limits.maxHeadBytes / kFrameBytes);
  nghttp2_option_set_stream_reset_rate_limit(options, 10'000, 10'000);  // FloodGuard cuts before
  nghttp2_mem memory{&libraryMemory_, countedMalloc, countedFree, countedCalloc, countedRealloc};
  const auto make = side == Side::Server ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  if (make(&session_, Callbacks::get().all, this, options, &memory) != 0) throw std::bad_alloc();
  nghttp2_option_del(options);

  const Http2Limits& http2 = limits.http2;
  nghttp2_settings_entry server[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, http2.maxConcurrentStreams},
                                     {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http2.streamWindow},
                                     {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.maxHeadBytes},
                                     {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1},
                                     {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
  nghttp2_settings_entry client[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                     {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, http2.streamWindow},
                                     {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.maxHeadBytes},
                                     {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
  if (side == Side::Server) {
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, server, std::size(server));
  } else {
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, client, std::size(client));
  }
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, static_cast<int32_t>(http2.connectionWindow));
  lastReceived_ = loop().now();
  pumpSoon();
}

Endpoint::~Endpoint() {
  streams_.forEach([this](Stream& stream) {
    stream.unlink();
    loop().deferDelete(stream);
  });
  nghttp2_session_del(session_);
}

void Endpoint::adopt(Stream& stream) {
  streams_.pushBack(stream);
  ++streamCount_;
  armKeepAlive();
}

void Endpoint::disown(Stream& stream) {
  if (!stream.linked()) return;
  stream.unlink();
  stream.setPending(false);
  countMemory(-static_cast<ptrdiff_t>(std::exchange(stream.counted_, 0)));
  --streamCount_;
  loop().deferDelete(stream);
  pumpSoon();  // the lists that it may still be in are done with before it is freed
  onDisowned();
}

// ---- in

void Endpoint::receiveBytes(base::Slice bytes) {
  if (cut_ || over_) return;
  const base::MonotonicTime now = loop().now();
  lastReceived_ = now;
  pingOutstanding_ = false;
  Flood kind{};
  if (!scanner_.scan(bytes.view(), [&](const FrameHeader& frame) { return guard_.takeFrame(frame, now, kind); }))
    return cutForFlood(kind);
  current_ = std::move(bytes);
  const ssize_t taken =
      nghttp2_session_mem_recv(session_, reinterpret_cast<const uint8_t*>(current_.data()), current_.size());
  current_ = {};
  if (taken < 0) return fail(static_cast<int>(taken));
  deliverAll();
  if (flooded_) return cutForFlood(*flooded_);
  if (memory() > settings().maxMemory) return cutForFlood(Flood::Memory);
  pumpSoon();
}

void Endpoint::fail(int error) {
  deliverAll();
  if (flooded_) return cutForFlood(*flooded_);
  if (error == NGHTTP2_ERR_FLOODED) return cutForFlood(Flood::Control);
  if (error == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) return cutForFlood(Flood::Header);
  cut(error == NGHTTP2_ERR_NOMEM ? ErrorCode::Internal : ErrorCode::Protocol);
}

void Endpoint::count(Flood kind) {
  if (flooded_ || guard_.take(kind, loop().now())) return;
  flooded_ = kind;
  pumpSoon();
}

void Endpoint::deliverSoon(Stream& stream) {
  if (std::exchange(stream.queued_, true)) return;
  deliveries_.push_back(&stream);
  pumpSoon();
}

void Endpoint::deliverAll() {
  // What is delivered may ask for a further delivery.
  for (size_t i = 0; i < deliveries_.size(); ++i) deliveries_[i]->deliver();
  deliveries_.clear();
}

void Endpoint::unblockSoon(Stream& stream) { unblocked_.push_back(&stream); }

void Endpoint::unblockAll() {
  for (size_t i = 0; i < unblocked_.size(); ++i) unblocked_[i]->unblock();
  unblocked_.clear();
}

// ---- out

void Endpoint::runAtTurnEnd() {
  deliverAll();
  if (flooded_ && !cut_) return cutForFlood(*flooded_);
  pump();
  unblockAll();
}

void Endpoint::pump() {
  if (!connection_.isOpen() || over_) return;
  const size_t before = connection_.output().size();
  sendFrames();
  base::Buffer& out = connection_.output();
  if (out.size() > before) connection_.flushSoon();
  if (out.size() >= kOutputBound) connection_.notifyDrained();
  if (pendingStreams_ > 0 && !stallTimer_.armed()) stallTimer_.after(settings().stallTimeout);
  onPumped();
  if (!nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_)) {
    // Either side's GOAWAY with nothing left to do, or the peer broke the protocol within its streams.
    const base::Error error{base::ErrorCode::Io, base::ErrorSource::Local, false, "the connection has ended"};
    end(error);
    onOver(error);
  }
}

void Endpoint::sendFrames() {
  base::Buffer& out = connection_.output();
  while (out.size() < kOutputBound || cut_) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) break;
    out.append(std::string_view(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)));
    if (cut_ && goawaySent_) break;
  }
}

void Endpoint::onStallTimer() {
  const base::MonotonicTime since = loop().now() - settings().stallTimeout.count();
  streams_.forEach([&](Stream& stream) {
    if (!stream.stalled(since)) return;
    stream.reset(ErrorCode::Cancel);
    stream.fail({isServer() ? base::ErrorCode::DownstreamWriteIdle : base::ErrorCode::UpstreamReset,
                 isServer() ? base::ErrorSource::Downstream : base::ErrorSource::Upstream, false,
                 "the peer opened no window in time"});
  });
  if (pendingStreams_ > 0) stallTimer_.after(settings().stallTimeout);
}

// ---- keep-alive

void Endpoint::armKeepAlive() {
  if (streamCount_ > 0 && !pingTimer_.armed()) pingTimer_.after(settings().pingInterval);
}

void Endpoint::onKeepAlive() {
  if (!usable() || streamCount_ == 0) return;
  if (pingOutstanding_) {
    const base::Error error{base::ErrorCode::Io, base::ErrorSource::Local, false,
                            "the peer did not answer a PING in time"};
    end(error);
    connection_.reset();
    return onOver(error);
  }
  const base::MonotonicTime due = lastReceived_ + settings().pingInterval.count();
  if (due > loop().now()) return pingTimer_.at(due);
  pingOutstanding_ = true;
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  pingTimer_.after(settings().pingTimeout);
  pumpSoon();
}

// ---- the end

void Endpoint::cutForFlood(Flood kind) {
  if (cut_) return;
  onFlooded(kind);
  cut(ErrorCode::EnhanceYourCalm);
}

void Endpoint::cut(ErrorCode code) {
  if (std::exchange(cut_, true)) return;
  flooded_.reset();
  const base::Error error{base::ErrorCode::Io, base::ErrorSource::Local, false, "the peer broke the rules of HTTP/2"};
  closeStreams(error);
  nghttp2_session_terminate_session(session_, static_cast<uint32_t>(code));
  if (connection_.isOpen()) {
    sendFrames();
    connection_.flushSoon();
  }
  over_ = true;
  onOver(error);
}

void Endpoint::end(const base::Error& error) {
  over_ = true;
  closeStreams(error);
}

void Endpoint::closeStreams(const base::Error& error) {
  streams_.forEach([&](Stream& stream) {
    stream.lost(error);
    stream.closed();
  });
}

}  // namespace headgate::http::h2
