#pragma once
// A worker's connections to one host, and the requests that wait for one.

#include <memory>

#include "source/base/intrusive_list.h"
#include "source/http/client_session.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/cluster_stats.h"
#include "source/upstream/host.h"

namespace headgate::upstream {

class ConnPool;

/// A request that wants a connection. It waits in the pool, never with one connecting connection, so whichever is ready
/// first takes it. Once it has a connection it stays with the pool until it leaves, to hear if the host goes down.
class PoolRequest : public base::ListHook {
 public:
  /// Begin the stream now: `session.newStream`.
  virtual void onPoolReady(http::ClientSession& session) = 0;
  /// The host cannot be reached, or a circuit breaker refuses (Overflow); nothing was sent. The request has left the
  /// pool.
  virtual void onPoolFailure(const base::Error& error) = 0;
  /// Health checks found the host down while the request was under way there. It may go elsewhere, if it can.
  virtual void onHostDown() = 0;

 protected:
  ~PoolRequest() { leavePool(); }
  /// Ends the wait, or says that the stream is over. Does nothing when the request is with no pool.
  void leavePool();

 private:
  friend class ConnPool;
  enum class Place : uint8_t { Nowhere, Waiting, Running };
  ConnPool* pool_ = nullptr;
  Place place_ = Place::Nowhere;
};

/// What outlier detection looks for in the requests themselves.
enum class OutlierKind : uint8_t {
  Consecutive5xx,
  ConsecutiveLocal,
  NoConnection,  ///< ConsecutiveLocal whose last failure was that nobody accepts
};

/// Who has the pools.
class ConnPoolOwner {
 public:
  /// A pool that takes no more requests has neither connection nor request left.
  virtual void onPoolEmpty(ConnPool& pool) = 0;
  /// The pool's host failed as often in a row as the configuration allows, or a multiple of it.
  virtual void onOutlier(ConnPool& pool, OutlierKind kind) = 0;

 protected:
  ~ConnPoolOwner() = default;
};

/// Idle connections are reused last in, first out: the most recent is the least likely to be closed by the peer, and
/// the surplus ages out. A new connection is opened only for a waiting request that no connecting one will serve. When
/// a connect fails all that wait are failed with it: each may go elsewhere at once.
///
/// The cluster's breakers bound what there is at a time. A request that would need one connection too many waits for
/// one that its pool has; if there is none it fails, and another worker's next unused connection is closed in favour of
/// this one. Worker thread.
class ConnPool final : private http::ClientSessionOwner {
 public:
  /// What the pools of one cluster on one worker share; outlives them.
  struct Settings {
    base::Duration connectTimeout;
    base::Duration idleTimeout;
    http::CodecLimits limits;
    CircuitBreakers& breakers;
    ClusterStats& stats;
    size_t stripe;              ///< of HostStats
    uint32_t consecutive5xx;    ///< 0 = not looked at
    uint32_t consecutiveLocal;  ///< likewise
  };

  ConnPool(event::Loop& loop, std::shared_ptr<Host> host, const Settings& settings, ConnPoolOwner& owner);
  ~ConnPool();
  ConnPool(const ConnPool&) = delete;
  ConnPool& operator=(const ConnPool&) = delete;

  /// May call back before it returns.
  void newStream(PoolRequest& request);
  [[nodiscard]] Host& host() { return *host_; }
  [[nodiscard]] const std::shared_ptr<Host>& sharedHost() const { return host_; }
  [[nodiscard]] size_t connections() const { return total_; }
  [[nodiscard]] ClusterStats& stats() { return settings_.stats; }
  [[nodiscard]] base::MonotonicTime now() const { return loop_.now(); }

  /// How an attempt that had this pool's connection ended: for the counters and outlier detection. Failed connects
  /// count themselves.
  void report(Outcome outcome);
  /// The same for an answer.
  void reportAnswer(uint16_t status);
  /// Time to the head of a response.
  void reportLatency(base::Duration latency);

  /// Off: the host is not picked for now. What is under way goes on; unused connections close, and none is kept. On
  /// again: as before.
  void setInUse(bool inUse);
  /// Health checks found the host down: those that wait fail, and those under way hear of it.
  void hostDown();
  /// The host left the cluster: not in use for ever, and the owner hears when the pool is empty.
  void retire();
  [[nodiscard]] bool empty() const { return total_ == 0 && pending_.empty() && running_.empty(); }

 private:
  friend class PoolRequest;
  void onSessionReady(http::ClientSession& session) override;
  void onConnectFailed(http::ClientSession& session, const base::Error& error) override;
  void onSessionAvailable(http::ClientSession& session) override;
  void onSessionClosed(http::ClientSession& session) override;
  void assign(http::ClientSession& session);
  void begin(PoolRequest& request, http::ClientSession& session);
  void wait(PoolRequest& request);
  void left(PoolRequest& request);
  void connect();
  void connectionGone();
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
  size_t pendingCount_ = 0;
  size_t connectingCount_ = 0;
  size_t total_ = 0;
  bool inUse_ = true;
  bool retired_ = false;
};

inline void PoolRequest::leavePool() {
  if (place_ != Place::Nowhere) pool_->left(*this);
}

}  // namespace headgate::upstream
