#pragma once
// A worker's connections to one host, and the requests that wait for one.

#include <memory>

#include "source/base/intrusive_list.h"
#include "source/http/client_session.h"
#include "source/upstream/host.h"

namespace headgate::upstream {

/// A request that wants a connection. It waits in the pool, never with one connecting connection, so whichever is ready
/// first takes it. Unlinking (or destroying) it cancels; once it has a connection it stays with the pool, unlinked at
/// its end, to hear if the host goes down.
class PoolRequest : public base::ListHook {
 public:
  /// Begin the stream now: `session.newStream`.
  virtual void onPoolReady(http::ClientSession& session) = 0;
  /// The host cannot be reached; nothing was sent.
  virtual void onPoolFailure(const base::Error& error) = 0;
  /// Health checks found the host down while the request was under way there. It may go elsewhere, if it can.
  virtual void onHostDown() = 0;

 protected:
  ~PoolRequest() = default;
};

class ConnPool;

/// Who has the pools.
class ConnPoolOwner {
 public:
  /// A pool that takes no more requests has neither connection nor request left.
  virtual void onPoolEmpty(ConnPool& pool) = 0;

 protected:
  ~ConnPoolOwner() = default;
};

/// Idle connections are reused last in, first out: the most recent is the least likely to be closed by the peer, and
/// the surplus ages out. A new connection is opened only for a waiting request that no connecting one will serve. When
/// a connect fails all that wait are failed with it: each may go elsewhere at once. Worker thread.
class ConnPool final : private http::ClientSessionOwner {
 public:
  struct Settings {
    base::Duration connectTimeout;
    base::Duration idleTimeout;
    http::CodecLimits limits;
  };

  ConnPool(event::Loop& loop, std::shared_ptr<Host> host, const Settings& settings, ConnPoolOwner& owner);
  ~ConnPool();
  ConnPool(const ConnPool&) = delete;
  ConnPool& operator=(const ConnPool&) = delete;

  /// May call back before it returns.
  void newStream(PoolRequest& request);
  [[nodiscard]] Host& host() { return *host_; }
  [[nodiscard]] size_t connections() const { return total_; }

  /// Off: the host is not picked for now. What is under way goes on; unused connections close, and none is kept. On
  /// again: as before.
  void setInUse(bool inUse);
  /// Health checks found the host down: those that wait fail, and those under way hear of it.
  void hostDown();
  /// The host left the cluster: not in use for ever, and the owner hears when the pool is empty.
  void retire();
  [[nodiscard]] bool empty() const { return total_ == 0 && pending_.empty() && running_.empty(); }

 private:
  void onSessionReady(http::ClientSession& session) override;
  void onConnectFailed(http::ClientSession& session, const base::Error& error) override;
  void onSessionAvailable(http::ClientSession& session) override;
  void onSessionClosed(http::ClientSession& session) override;
  void assign(http::ClientSession& session);
  void begin(PoolRequest& request, http::ClientSession& session);
  void connect();
  void failPending(const base::Error& error);
  void tellIfEmpty();

  event::Loop& loop_;
  const std::shared_ptr<Host> host_;
  const Settings& settings_;
  ConnPoolOwner& owner_;
  base::IntrusiveList<http::ClientSession> idle_;
  base::IntrusiveList<http::ClientSession> others_;  ///< connecting and busy
  base::IntrusiveList<PoolRequest> pending_;
  base::IntrusiveList<PoolRequest> running_;  ///< have a connection
  size_t pendingCount_ = 0;                   ///< an upper bound: cancelled requests leave the list by themselves
  size_t connectingCount_ = 0;
  size_t total_ = 0;
  bool inUse_ = true;
  bool retired_ = false;
};

}  // namespace headgate::upstream
