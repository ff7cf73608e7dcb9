#pragma once
// One connection to a backend: connecting, carrying streams, idle, closed.

#include <memory>

#include "source/base/intrusive_list.h"
#include "source/http/codec.h"
#include "source/net/connection.h"

namespace headgate::http {

class ClientSession;

/// The pool that keeps the connection.
class ClientSessionOwner {
 public:
  virtual void onSessionReady(ClientSession& session) = 0;
  /// The connection could not be made; it frees itself.
  virtual void onConnectFailed(ClientSession& session, const base::Error& error) = 0;
  /// A stream ended and the session may carry another.
  virtual void onSessionAvailable(ClientSession& session) = 0;
  /// The connection is over (any reason after it was ready); it frees itself at the end of the turn.
  virtual void onSessionClosed(ClientSession& session) = 0;

 protected:
  ~ClientSessionOwner() = default;
};

/// Made by `connect`, frees itself. Worker thread (main for health checks).
class ClientSession final : public base::ListHook,
                            private net::ConnectionHandler,
                            private ClientCodecHost,
                            private event::Disposable {
 public:
  /// How long the last bytes of a tunnel may take to leave.
  static constexpr base::Duration kFlush = std::chrono::seconds(10);

  static ClientSession& connect(event::Loop& loop, net::Socket socket, base::Duration connectTimeout,
                                const CodecLimits& limits, ClientSessionOwner& owner);

  /// When the connecting began.
  [[nodiscard]] base::MonotonicTime begun() const { return begun_; }
  [[nodiscard]] uint32_t capacity() const { return phase_ == Phase::Ready ? codec_->capacity() : 0; }
  /// Begins a stream; only while capacity() > 0.
  [[nodiscard]] MessageWriter& newStream(base::Arena& arena, MessageSink& sink);
  /// Closes an idle connection after `timeout`, or a second before the peer said that it would; 0 = never.
  void idleFor(base::Duration timeout);
  void close();

 private:
  enum class Phase : uint8_t { Connecting, Ready, Flushing, Closed };

  ClientSession(event::Loop& loop, net::Socket socket, base::Duration connectTimeout, const CodecLimits& limits,
                ClientSessionOwner& owner);
  ~ClientSession() = default;

  void onConnected() override;
  void onData(base::Slice bytes) override { codec_->receive(std::move(bytes)); }
  void onEof() override { codec_->receiveEof(); }
  void onLost(const base::Error& error) override;
  void onWriteBlocked(bool blocked) override { codec_->outputBlocked(blocked); }
  net::Connection& connection() override { return connection_; }
  void onStreamDone(bool reusable) override;
  void onUnusable() override { close(); }
  void closeAfterOutput() override;
  void onDrained() override { close(); }
  void dispose() noexcept override { delete this; }
  void onTimer();

  net::Connection connection_;
  std::unique_ptr<ClientCodec> codec_;
  ClientSessionOwner& owner_;
  event::Timer timer_;
  const base::MonotonicTime begun_;
  Phase phase_ = Phase::Connecting;
};

}  // namespace headgate::http
