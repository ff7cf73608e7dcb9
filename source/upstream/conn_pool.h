#pragma once
// A worker's connections to one host, and the requests that wait for one.

#include <memory>

#include "source/base/intrusive_list.h"
#include "source/http/client_session.h"
#include "source/upstream/host.h"

namespace headgate::upstream {

/// A request that wants a connection. It waits in the pool, never with one connecting connection, so whichever is ready first takes it. Unlinking (or
/// destroying) it cancels.
class PoolRequest : public base::ListHook {
 public:
  /// Begin the stream now: `session.newStream`.
  virtual void onPoolReady(http::ClientSession& session) = 0;
  /// The host cannot be reached; nothing was sent.
  virtual void onPoolFailure(const base::Error& error) = 0;

 protected:
  ~PoolRequest() = default;
};

/// Idle connections are reused last in, first out: the most recent is the least likely to be closed by the peer, and the surplus ages out. A new connection is
/// opened only for a waiting request that no connecting one will serve. When a connect fails all that wait are failed with it: each may go elsewhere at once. Worker thread.
class ConnPool final : private http::ClientSessionOwner {
 public:
  struct Settings {
    base::Duration connectTimeout;
    base::Duration idleTimeout;
    http::CodecLimits limits;
  };

  ConnPool(event::Loop& loop, std::shared_ptr<Host> host, const Settings& settings);
  ~ConnPool();
  ConnPool(const ConnPool&) = delete;
  ConnPool& operator=(const ConnPool&) = delete;

  /// May call back before it returns.
  void newStream(PoolRequest& request);
  [[nodiscard]] Host& host() { return *host_; }
  [[nodiscard]] size_t connections() const { return total_; }

 private:
  void onSessionReady(http::ClientSession& session) override;
  void onConnectFailed(http::ClientSession& session, const base::Error& error) override;
  void onSessionAvailable(http::ClientSession& session) override;
  void onSessionClosed(http::ClientSession& session) override;
  void assign(http::ClientSession& session);
  void connect();
  void failPending(const base::Error& error);

  event::Loop& loop_;
  const std::shared_ptr<Host> host_;
  const Settings& settings_;
  base::IntrusiveList<http::ClientSession> idle_;
  base::IntrusiveList<http::ClientSession> others_;  ///< connecting and busy
  base::IntrusiveList<PoolRequest> pending_;
  size_t pendingCount_ = 0;     ///< an upper bound: cancelled requests leave the list by themselves
  size_t connectingCount_ = 0;
  size_t total_ = 0;
};

}  // namespace headgate::upstream
