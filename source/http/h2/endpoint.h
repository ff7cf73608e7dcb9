#pragma once
// What both ends of an HTTP/2 connection share: the nghttp2 session, its pump, flow control, floods, keep-alive, the
// end.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/intrusive_list.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/http/codec.h"
#include "source/http/h2/flood_guard.h"
#include "source/http/h2/frame_scanner.h"
#include "source/http/h2/head_reader.h"
#include "source/net/connection.h"

struct nghttp2_session;

namespace headgate::http::h2 {

class Stream;
struct Callbacks;

/// RFC 9113 section 7; those that we send or tell apart.
enum class ErrorCode : uint32_t {
  None = 0,
  Protocol = 1,
  Internal = 2,
  StreamClosed = 5,
  RefusedStream = 7,
  Cancel = 8,
  EnhanceYourCalm = 11,
};

/// One connection. Bytes go in by `receive`; what is to be sent is gathered by nghttp2 and pumped into the connection's
/// output once, at the end of the turn, up to kOutputBound, so that a peer that does not read its socket makes nghttp2
/// wait and not us grow. Nothing here is called from within nghttp2 but the callbacks, which may submit frames and tell
/// sinks, but never pump.
///
/// Windows are returned as bytes are taken: DATA counts as consumed when its stream's sink had it while its reading was
/// on. Worker thread.
class Endpoint : private event::TurnTask {
 public:
  /// Bytes of frames in the connection's output beyond which no further frame is made.
  static constexpr size_t kOutputBound = 64 * 1024;

  [[nodiscard]] const Http2Limits& settings() const { return limits_.http2; }
  [[nodiscard]] event::Loop& loop() { return connection_.loop(); }
  [[nodiscard]] nghttp2_session* session() { return session_; }
  [[nodiscard]] net::Connection& connection() { return connection_; }
  [[nodiscard]] const FieldLimits& fieldLimits() const { return fieldLimits_; }
  [[nodiscard]] const MessageRules& rules() const { return limits_.rules; }
  [[nodiscard]] bool usable() const { return !cut_ && connection_.isOpen(); }
  /// Bytes that nghttp2 and the streams hold for this connection.
  [[nodiscard]] size_t memory() const { return libraryMemory_ + streamMemory_; }
  [[nodiscard]] bool isServer() const { return side_ == Side::Server; }
  [[nodiscard]] uint32_t streamCount() const { return streamCount_; }

  /// Frames are made and sent at the end of this turn.
  void pumpSoon() { loop().atTurnEnd(*this); }
  /// The stream's input goes to its sink at the end of this turn at the latest.
  void deliverSoon(Stream& stream);
  /// The stream's output has run low: its source is told when no callback of nghttp2 is on the stack.
  void unblockSoon(Stream& stream);
  void adopt(Stream& stream);
  void disown(Stream& stream);
  void countMemory(ptrdiff_t bytes) {
    streamMemory_ = static_cast<size_t>(static_cast<ptrdiff_t>(streamMemory_) + bytes);
  }
  void outputPending(bool begun) { begun ? ++pendingStreams_ : --pendingStreams_; }
  /// Counts an event of `kind`; cuts the connection at the end of the turn when it was one too many.
  void count(Flood kind);

 protected:
  enum class Side : uint8_t { Server, Client };

  Endpoint(Side side, net::Connection& connection, const CodecLimits& limits);
  virtual ~Endpoint();

  void receiveBytes(base::Slice bytes);
  void drained() { pumpSoon(); }
  /// Ends all streams and takes no more: the connection is gone, or nothing can happen on it any more.
  void end(const base::Error& error);
  /// Ends all streams.
  void closeStreams(const base::Error& error);
  /// GOAWAY with `code`, and no further frame is looked at.
  void cut(ErrorCode code);
  void cutForFlood(Flood kind);
  /// Whether the bytes so far end within something that is to be completed in time.
  [[nodiscard]] bool partial() const { return scanner_.partial(); }
  /// Tells one such thing from the next.
  [[nodiscard]] uint64_t unitsReceived() const { return scanner_.completed(); }
  void armKeepAlive();

  // What the two ends do differently; called by nghttp2's callbacks.
  virtual void onBeginHeaders(int32_t id, Stream* stream) = 0;
  virtual void onHeadersEnd(Stream& stream, bool endStream, uint32_t wireBytes) = 0;
  virtual void onStreamClosed(Stream& stream, uint32_t code) = 0;
  virtual void onHeadersUnsent(Stream& /*stream*/) {}
  /// HEADERS or DATA of ours are being put into the output, END_STREAM with them when `end`.
  virtual void onSent(Stream& stream, bool end) = 0;
  virtual void onGoaway() {}
  virtual void onSettings() {}
  virtual void onPingAck() {}
  // Outside of callbacks.
  /// A stream is gone for good; its memory is freed at the end of the turn.
  virtual void onDisowned() = 0;
  virtual void onFlooded(Flood kind) = 0;
  /// The connection is of no further use: GOAWAY was sent, or the peer broke the protocol, or nothing more is expected.
  virtual void onOver(const base::Error& error) = 0;
  virtual void onPumped() {}

  base::IntrusiveList<Stream> streams_;

 private:
  friend struct Callbacks;

  void runAtTurnEnd() override;
  void deliverAll();
  void unblockAll();
  void pump();
  void sendFrames();
  void fail(int error);
  void onStallTimer();
  void onKeepAlive();

  net::Connection& connection_;
  const CodecLimits& limits_;
  const FieldLimits fieldLimits_;
  nghttp2_session* session_ = nullptr;
  FrameScanner scanner_;
  FloodGuard guard_;
  base::Slice current_;  ///< what nghttp2 is reading: DATA shares it
  std::vector<Stream*> deliveries_;
  std::vector<Stream*> unblocked_;
  event::Timer stallTimer_;
  event::Timer pingTimer_;
  size_t libraryMemory_ = 0;
  size_t streamMemory_ = 0;
  base::MonotonicTime lastReceived_ = 0;
  std::optional<Flood> flooded_;
  uint32_t streamCount_ = 0;
  uint32_t pendingStreams_ = 0;  ///< with output that waits
  const Side side_;
  bool cut_ = false;
  bool over_ = false;
  bool goawaySent_ = false;
  bool pingOutstanding_ = false;
};

}  // namespace headgate::http::h2
