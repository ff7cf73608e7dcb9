#pragma once
// One downstream connection from accept to close: its codec, its idle and head timeouts, its graceful end.

#include <memory>
#include <string>

#include "source/base/intrusive_list.h"
#include "source/http/codec.h"
#include "source/net/connection.h"

namespace headgate::http {

/// What the sessions of a listener share; outlives them.
struct ServerSettings {
  CodecLimits limits;
  base::Duration headTimeout = std::chrono::seconds(10);
  base::Duration idleTimeout = std::chrono::seconds(75);
  base::Duration writeIdleTimeout = std::chrono::seconds(60);
};

class ServerSession;

/// What a client did to a connection, for counters and the event log.
enum class SessionEvent : uint8_t {
  HeadTimeout,   ///< a head did not come in time; a stream will answer
  IdleTimeout,   ///< closed: nothing was asked for
  WriteTimeout,  ///< closed: the client took nothing
  PipelineFull,  ///< not read for a while: too much waits to be answered
};

/// Whoever accepted the connection.
class ServerSessionOwner {
 public:
  /// A request begins; see ServerCodecHost::newStream.
  [[nodiscard]] virtual RequestSink& newStream(ServerSession& session, base::Arena& arena, MessageWriter& writer) = 0;
  virtual void onSessionEvent(ServerSession& /*session*/, SessionEvent /*event*/) {}
  /// The connection is closed; the session frees itself at the end of the turn.
  virtual void onSessionClosed(ServerSession& session) = 0;
  /// The client abused the protocol and the session is being ended for it.
  virtual void onFlood(ServerSession& /*session*/, Flood /*kind*/) {}

 protected:
  ~ServerSessionOwner() = default;
};

/// Made by `start`, frees itself. Worker thread (main for the admin listener).
///
/// The codec is made when the first bytes tell which: what the transport has negotiated (ALPN) holds; else the preface
/// of HTTP/2 (prior knowledge, RFC 9113 section 3.3), and HTTP/1 for everything else. Bytes that could still become a
/// preface wait, under the head timer.
class ServerSession final : public base::ListHook,
                            private net::ConnectionHandler,
                            private ServerCodecHost,
                            private event::Disposable {
 public:
  /// After the last byte: how long and how much input is still read and dropped, so that a client which is sending
  /// reads our answer before it sees a reset.
  static constexpr base::Duration kLinger = std::chrono::seconds(2);
  static constexpr size_t kLingerBytes = 4 * 1024 * 1024;
  /// How long an idle connection is kept after `drain`: a request that is already on its way is answered instead of
  /// lost.
  static constexpr base::Duration kDrainIdle = std::chrono::seconds(1);

  static ServerSession& start(event::Loop& loop, net::Socket socket, const net::IpAddress& peer, uint64_t id,
                              const ServerSettings& settings, ServerSessionOwner& owner);

  [[nodiscard]] event::Loop& loop() { return connection_.loop(); }
  [[nodiscard]] const net::IpAddress& peer() const { return peer_; }
  [[nodiscard]] uint64_t id() const { return id_; }

  /// Answer what is in flight, then close; an idle connection closes after kDrainIdle.
  void drain();
  /// Close now.
  void abort();

 private:
  enum class Phase : uint8_t { Idle, Head, Busy, Flushing, Lingering, Closed };

  ServerSession(event::Loop& loop, net::Socket socket, const net::IpAddress& peer, uint64_t id,
                const ServerSettings& settings, ServerSessionOwner& owner);
  ~ServerSession() = default;

  // net::ConnectionHandler
  void onData(base::Slice bytes) override;
  void onEof() override;
  void onLost(const base::Error& error) override;
  void onWriteBlocked(bool blocked) override { codec_->outputBlocked(blocked); }
  void onDrained() override;
  base::Duration writeIdleTimeout() const override { return settings_.writeIdleTimeout; }
  // ServerCodecHost
  net::Connection& connection() override { return connection_; }
  RequestSink& newStream(base::Arena& arena, MessageWriter& writer) override;
  void awaitingHead(bool partial) override;
  void onIdle() override;
  void closeGracefully() override;
  void onFlood(Flood kind) override { owner_.onFlood(*this, kind); }
  void onPipelineFull() override { owner_.onSessionEvent(*this, SessionEvent::PipelineFull); }
  // event::Disposable
  void dispose() noexcept override { delete this; }

  template <typename T>
  [[nodiscard]] std::unique_ptr<ServerCodec> makeCodec();
  /// Null while the bytes do not tell it yet; `bytes` then holds all of them.
  [[nodiscard]] std::unique_ptr<ServerCodec> chooseCodec(base::Slice& bytes);
  void onTimer();
  void finish();

  net::Connection connection_;
  std::unique_ptr<ServerCodec> codec_;    ///< null before the first bytes
  std::unique_ptr<std::string> preface_;  ///< the beginning of one, while it is not whole
  const ServerSettings& settings_;
  ServerSessionOwner& owner_;
  event::Timer timer_;
  net::IpAddress peer_;
  uint64_t id_;
  base::MonotonicTime idleUntil_ = 0;
  uint32_t lingered_ = 0;
  Phase phase_ = Phase::Idle;
  bool draining_ = false;
  bool peerEnded_ = false;
};

}  // namespace headgate::http
