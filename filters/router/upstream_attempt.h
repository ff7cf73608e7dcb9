#pragma once
// One try of a request at one host.

#include "source/event/timer.h"
#include "source/http/stream.h"
#include "source/upstream/conn_pool.h"

namespace headgate::filters::router {

class UpstreamAttempt;

/// The router, as an attempt sees it.
class AttemptOwner {
 public:
  /// The attempt has a connection: send the request through `attempt.writer()`.
  virtual void onAttemptReady(UpstreamAttempt& attempt) = 0;
  virtual void onAttemptInformational(http::MessageHead& head) = 0;
  virtual void onAttemptHead(http::MessageHead& head, bool end) = 0;
  virtual void onAttemptData(base::Buffer& data, bool end) = 0;
  virtual void onAttemptTrailers(http::HeaderList& trailers) = 0;
  /// It is over without a whole response.
  virtual void onAttemptFailed(const base::Error& error) = 0;
  /// Its host was found to be down. The attempt goes on unless the owner cancels it.
  virtual void onAttemptHostDown() = 0;
  /// The backend takes no more for now, or again.
  virtual void onAttemptBlocked(bool blocked) = 0;

 protected:
  ~AttemptOwner() = default;
};

/// Placed in the stream's arena. Waits in the host's pool, then carries one stream. The connection goes back to the
/// pool before the owner hears of the end of the response. Worker thread.
class UpstreamAttempt final : public upstream::PoolRequest, private http::MessageSink {
 public:
  UpstreamAttempt(base::Arena& arena, event::TimerWheel& timers, upstream::ConnPool& pool, AttemptOwner& owner,
                  base::Duration perTryTimeout);
  ~UpstreamAttempt() { cancel(); }

  /// Asks the pool; may call the owner back before it returns. The per-try timeout runs from here, or, while the client
  /// still sends, from `requestEnded`: how long it takes over that says nothing about the host.
  void start(bool requestComplete);
  /// The last byte of the request has come.
  void requestEnded();
  /// Both directions of a tunnel have ended.
  void finish() { end(); }
  /// No callback follows; a request that is on its way is aborted.
  void cancel();
  /// The same because the route's time is over, which counts against the host.
  void cancelLate();
  [[nodiscard]] bool active() const { return state_ == State::Waiting || state_ == State::Open; }
  /// Null until onAttemptReady and after the end.
  [[nodiscard]] http::MessageWriter* writer() { return writer_; }
  [[nodiscard]] const upstream::Host& host() { return pool_.host(); }

 private:
  enum class State : uint8_t { New, Waiting, Open, Over };

  void onPoolReady(http::ClientSession& session) override;
  void onPoolFailure(const base::Error& error) override;
  void onHostDown() override { owner_.onAttemptHostDown(); }
  void onInformational(http::MessageHead& head) override { owner_.onAttemptInformational(head); }
  void onHead(http::MessageHead& head, bool end) override;
  void onData(base::Buffer& data, bool end) override;
  void onTrailers(http::HeaderList& trailers) override;
  void onReset(const base::Error& error) override;
  void onWriteBlocked(bool blocked) override { owner_.onAttemptBlocked(blocked); }
  void onPerTryTimeout();
  void end();

  base::Arena& arena_;
  upstream::ConnPool& pool_;
  AttemptOwner& owner_;
  http::MessageWriter* writer_ = nullptr;
  event::Timer timer_;
  base::Duration perTryTimeout_;
  base::MonotonicTime begun_ = 0;
  State state_ = State::New;
  bool answered_ = false;
  bool tunnel_ = false;  ///< lasts until `finish`, whichever direction ends first
};

}  // namespace headgate::filters::router
