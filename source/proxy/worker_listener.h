#pragma once
// One listener on one worker: accepts, counts, holds the sessions, makes the streams.

#include <atomic>
#include <functional>
#include <memory>

#include "source/http/server_session.h"
#include "source/net/listener.h"
#include "source/proxy/listener_context.h"
#include "source/proxy/listener_runtime.h"

namespace headgate::proxy {

/// What the workers of one listener share.
struct ListenerShared {
  std::atomic<uint32_t> connections{
      0};  ///< relaxed: a limit, not an order; may be exceeded by a worker's simultaneous accept
};

/// The sessions of one listener on one worker. At max_connections it stops accepting, those that come wait in the
/// kernel's queue, and goes on when one closes here or at the next look (kRecheck), since one may have closed on
/// another worker. Worker thread.
class WorkerListener final : private net::AcceptHandler, private http::ServerSessionOwner {
 public:
  static constexpr base::Duration kRecheck = std::chrono::milliseconds(50);
  /// Given an accepted socket, delivers it to the worker that is to have it (Unix sockets, which only one worker
  /// accepts); null: it stays here.
  using Dealer = std::function<void(net::Socket)>;

  WorkerListener(event::Loop& loop, const std::string& name, ListenerShared& shared, stats::Shard& stats,
                 log::EventLog& events);

  /// The configuration for new streams and sessions from now on; outlives this object or the next `use`.
  void use(ListenerRuntime& runtime);
  /// Begins to accept.
  void listen(net::Socket socket, Dealer dealer);
  /// Takes over an accepted connection.
  void adopt(net::Socket socket, const net::IpAddress& peer);

  /// Accepts what waits, closes the listening socket, lets each connection finish what it has.
  void drain();
  /// Closes all connections.
  void abort();
  [[nodiscard]] uint32_t sessions() const { return count_; }
  /// Called when the last session has closed after `drain`.
  void onDrained(std::function<void()> callback) { drained_ = std::move(callback); }

 private:
  bool mayAccept() override;
  void onAccept(net::Socket socket, const net::IpAddress& peer) override;
  void onAcceptError(int errnum) override;
  http::RequestSink& newStream(http::ServerSession& session, base::Arena& arena, http::MessageWriter& writer) override;
  void onSessionEvent(http::ServerSession& session, http::SessionEvent event) override;
  void onSessionClosed(http::ServerSession& session) override;
  void recheck();

  event::Loop& loop_;
  ListenerShared& shared_;
  ListenerContext context_;
  ListenerRuntime* runtime_ = nullptr;
  http::ServerSettings settings_;
  std::unique_ptr<net::Listener> listener_;
  Dealer dealer_;
  event::Timer recheckTimer_;
  base::IntrusiveList<http::ServerSession> sessions_;
  uint32_t count_ = 0;
  bool draining_ = false;
  std::function<void()> drained_;
};

}  // namespace headgate::proxy
