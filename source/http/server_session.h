#pragma once
// One downstream connection from accept to close: its codec, its idle and head timeouts, its graceful end.

#include <memory>

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

/// Whoever accepted the connection.
class ServerSessionOwner {
 public:
  /// A request begins; see ServerCodecHost::newStream.
  [[nodiscard]] virtual RequestSink& newStream(ServerSession& session, base::Arena& arena, MessageWriter& writer) = 0;
  /// The connection is closed; the session frees itself at the end of the turn.
  virtual void onSessionClosed(ServerSession& session) = 0;

 protected:
  ~ServerSessionOwner() = default;
};

/// Made by `start`, frees itself. Worker thread (main for the admin listener).
class ServerSession final : public base::ListHook, private net::ConnectionHandler, private ServerCodecHost, private event::Disposable {
 public:
  /// After the last byte: how long and how much input is still read and dropped, so that a client which is sending reads our answer before it
  /// sees a reset.
  static constexpr base::Duration kLinger = std::chrono::seconds(2);
  static constexpr size_t kLingerBytes = 4 * 1024 * 1024;
  /// How long an idle connection is kept after `drain`: a request that is already on its way is answered instead of lost.
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

  ServerSession(event::Loop& loop, net::Socket socket, const net::IpAddress& peer, uint64_t id, const ServerSettings& settings, ServerSessionOwner& owner);
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
  // event::Disposable
  void dispose() noexcept override { delete this; }

  void onTimer();
  void finish();

  net::Connection connection_;
  std::unique_ptr<ServerCodec> codec_;
  const ServerSettings& settings_;
  ServerSessionOwner& owner_;
  event::Timer timer_;
  net::IpAddress peer_;
  uint64_t id_;
  uint32_t lingered_ = 0;
  Phase phase_ = Phase::Idle;
  bool draining_ = false;
  bool peerEnded_ = false;
};

}  // namespace headgate::http
