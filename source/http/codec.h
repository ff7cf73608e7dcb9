#pragma once
// The seam between a session and its protocol: bytes of one connection in, messages of its streams out, and back.

#include <chrono>
#include <cstdint>

#include "source/base/arena.h"
#include "source/base/clock.h"
#include "source/base/error.h"
#include "source/base/slab_pool.h"
#include "source/http/flood.h"
#include "source/http/rules.h"
#include "source/http/stream.h"
#include "source/net/connection.h"

namespace headgate::http {

/// What HTTP/2 allows a peer beyond what both protocols allow it.
struct Http2Limits {
  uint32_t maxConcurrentStreams = 128;
  uint32_t streamWindow = 64 * 1024;        ///< bytes of one body that may be on their way to us, or wait here
  uint32_t connectionWindow = 1024 * 1024;  ///< the same for all bodies of a connection together
  uint64_t maxMemory = 16 * 1024 * 1024;  ///< bytes that a connection may hold; new streams are refused from half of it
  uint64_t maxRequests = 0;               ///< streams of a connection before GOAWAY; 0 = no bound
  base::Duration pingInterval{0};         ///< PING when nothing came for so long while streams are open; 0 = never
  base::Duration pingTimeout = std::chrono::seconds(20);
  base::Duration stallTimeout{0};  ///< a peer that opens no window for bytes that wait loses the stream; 0 = never
};

/// What limits a codec; from the configuration of a listener or cluster, which outlives it.
struct CodecLimits {
  uint32_t maxHeadBytes = 60 * 1024;
  uint32_t maxHeaderCount = 100;
  /// Bytes of pipelined requests that are kept while one is being answered; beyond, the connection is not read.
  uint32_t maxPipelinedBytes = 64 * 1024;
  Http2Limits http2{};
  MessageRules rules{};
};

/// What a server codec asks of its session.
class ServerCodecHost {
 public:
  [[nodiscard]] virtual net::Connection& connection() = 0;
  /// A request begins. The sink lives in `arena`, which is the stream's: the codec destroys nothing but the arena when
  /// the stream is over, so the sink must have cleaned up by then (`release`).
  [[nodiscard]] virtual RequestSink& newStream(base::Arena& arena, MessageWriter& writer) = 0;
  /// The head timer: a first byte of a head has come (true; empty lines before it are none of it) or a head is complete
  /// or none is due (false).
  virtual void awaitingHead(bool partial) = 0;
  /// No stream is open any more.
  virtual void onIdle() = 0;
  /// The connection is not read any more because of all that waits to be answered.
  virtual void onPipelineFull() {}
  /// Nothing more will be written: flush what waits, send FIN, read and drop what still comes for a short while, close.
  virtual void closeGracefully() = 0;
  /// The peer abused the protocol and the connection is being ended for it.
  virtual void onFlood(Flood /*kind*/) {}

 protected:
  ~ServerCodecHost() = default;
};

/// One downstream connection's protocol state. Worker thread.
class ServerCodec {
 public:
  virtual ~ServerCodec() = default;
  /// Takes all bytes; what cannot be used yet is kept (bounded).
  virtual void receive(base::Slice bytes) = 0;
  virtual void receiveEof() = 0;
  /// The connection is gone: reset all streams.
  virtual void connectionLost(const base::Error& error) = 0;
  virtual void outputBlocked(bool blocked) = 0;
  /// What `connection().notifyDrained()` asked for.
  virtual void outputDrained() {}
  /// The head did not come in time.
  virtual void headTimeout() = 0;
  /// Finish what is in flight and take no more (HTTP/1: Connection: close on the next response; HTTP/2: GOAWAY).
  virtual void drain() = 0;
  /// The idle connection is ended: says so where the protocol can (HTTP/2: GOAWAY), and then closeGracefully.
  virtual void goodbye() = 0;
  [[nodiscard]] virtual bool idle() const = 0;
};

/// What a client codec asks of its session.
class ClientCodecHost {
 public:
  [[nodiscard]] virtual net::Connection& connection() = 0;
  /// A stream ended. `reusable`: the connection may carry another.
  virtual void onStreamDone(bool reusable) = 0;
  /// The stream was a tunnel that both sides have ended: close when the last bytes have gone.
  virtual void closeAfterOutput() = 0;
  /// No stream is open and the connection must not be used again: the peer ended it, or sent bytes that nobody asked
  /// for.
  virtual void onUnusable() = 0;

 protected:
  ~ClientCodecHost() = default;
};

/// One upstream connection's protocol state. Worker thread.
class ClientCodec {
 public:
  virtual ~ClientCodec() = default;
  /// Begins a request whose response goes to `sink`. `arena` outlives the stream (until `release`).
  [[nodiscard]] virtual MessageWriter& newStream(base::Arena& arena, MessageSink& sink) = 0;
  virtual void receive(base::Slice bytes) = 0;
  virtual void receiveEof() = 0;
  virtual void connectionLost(const base::Error& error) = 0;
  virtual void outputBlocked(bool blocked) = 0;
  /// What `connection().notifyDrained()` asked for.
  virtual void outputDrained() {}
  /// Streams that may be begun now (HTTP/1: 1 or 0).
  [[nodiscard]] virtual uint32_t capacity() const = 0;
  /// How long the peer says that it keeps an idle connection (seconds, Keep-Alive: timeout); 0 = not said.
  [[nodiscard]] virtual uint32_t peerIdleTimeout() const { return 0; }
};

}  // namespace headgate::http
