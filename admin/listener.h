#pragma once
// The admin listener: on the main loop, over the same HTTP stack as the data plane.

#include <memory>

#include "admin/access.h"
#include "admin/audit_log.h"
#include "admin/exchange.h"
#include "admin/route_table.h"
#include "source/base/intrusive_list.h"
#include "source/http/server_session.h"
#include "source/net/listener.h"
#include "source/server/admin_config.h"

namespace headgate::admin {

/// Opens before everything else, so that /ready can say "not yet", and stays open while the workers drain. Never waits
/// for a worker and takes no lock that one takes. Outlived by its loop. Main thread.
class AdminListener final : private net::AcceptHandler, private http::ServerSessionOwner {
 public:
  /// More wait in the kernel's queue. Idle ones are closed after kIdle, so that they cannot keep others out for long.
  static constexpr size_t kMaxConnections = 256;
  static constexpr base::Duration kIdle = std::chrono::seconds(30);

  /// `routes` is complete and outlives the listener, as `audit` does.
  AdminListener(event::Loop& loop, const server::AdminConfig& config, const RouteTable& routes, AuditLog& audit);
  /// Ends all connections; removes the file of a Unix socket.
  ~AdminListener();
  AdminListener(const AdminListener&) = delete;
  AdminListener& operator=(const AdminListener&) = delete;

  /// Binds and begins to accept. The address is this process's alone: a second one finds it in use.
  [[nodiscard]] base::Status open();
  /// With port 0 configured, the one that the kernel chose.
  [[nodiscard]] const net::Address& boundAddress() const { return bound_; }

 private:
  bool mayAccept() override { return count_ < kMaxConnections; }
  void onAccept(net::Socket socket, const net::IpAddress& peer) override;
  void onAcceptError(int errnum) override;
  http::RequestSink& newStream(http::ServerSession& session, base::Arena& arena, http::MessageWriter& writer) override;
  void onSessionClosed(http::ServerSession& session) override;

  event::Loop& loop_;
  const net::Address address_;
  Authenticator authenticator_;
  Gate gate_;
  http::ServerSettings settings_;
  net::Address bound_;
  std::unique_ptr<net::Listener> listener_;
  base::IntrusiveList<http::ServerSession> sessions_;
  size_t count_ = 0;
  uint64_t nextId_ = 1;
};

}  // namespace headgate::admin
