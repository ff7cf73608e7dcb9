#pragma once
// The demo and test backend: a server on Headgate's own HTTP stack.

#include <memory>

#include "source/http/server_session.h"
#include "source/net/listener.h"
#include "tools/origin/exchange.h"

namespace headgate::origin {

/// Accepts on one address and answers. Loop thread.
class Origin final : private net::AcceptHandler, private http::ServerSessionOwner {
 public:
  Origin(event::Loop& loop, net::Socket socket, std::string name);
  ~Origin();

  /// Finishes what is in flight; `loop.stop()` once nothing is left.
  void drain();

 private:
  bool mayAccept() override { return true; }
  void onAccept(net::Socket socket, const net::IpAddress& peer) override;
  void onAcceptError(int errnum) override;
  http::RequestSink& newStream(http::ServerSession& session, base::Arena& arena, http::MessageWriter& writer) override;
  void onSessionClosed(http::ServerSession& session) override;

  event::Loop& loop_;
  http::ServerSettings settings_;
  State state_;
  std::unique_ptr<net::Listener> listener_;
  base::IntrusiveList<http::ServerSession> sessions_;
  uint64_t nextId_ = 1;
  bool draining_ = false;
};

}  // namespace headgate::origin
