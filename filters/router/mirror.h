#pragma once
// Copies of requests for a second cluster, whose answers nobody waits for.

#include "filters/router/upstream_attempt.h"
#include "source/event/loop.h"
#include "source/stats/counter.h"
#include "source/stats/shard.h"
#include "source/upstream/worker_cluster.h"

namespace headgate::filters::router {

class Mirror;

/// The copies that are under way on one worker. Bounded: kMaxAtOnce copies with bodies of kMaxBody each; what is beyond
/// is not copied, and counted. Its end ends them. Worker thread.
class Mirrors {
 public:
  static constexpr uint32_t kMaxAtOnce = 128;
  static constexpr size_t kMaxBody = 64 * 1024;
  /// What is read of an answer; a longer one is cut.
  static constexpr size_t kMaxAnswer = 1024 * 1024;
  static constexpr base::Duration kLongest = std::chrono::seconds(30);

  Mirrors(event::Loop& loop, stats::Shard& stats);
  ~Mirrors();

  /// Begins a copy of a request whose head is `head`, all of which is copied; null when there are too many. It must be
  /// sent or dropped.
  [[nodiscard]] Mirror* begin(upstream::WorkerCluster& cluster, const http::MessageHead& head);

 private:
  friend class Mirror;
  event::Loop& loop_;
  base::IntrusiveList<Mirror> running_;
  uint32_t count_ = 0;
  stats::Counter total_;    ///< sent
  stats::Counter dropped_;  ///< not sent: too many, too long a body, or the request itself broke off
  stats::Counter failed_;   ///< sent, but without a whole answer
};

/// One copy. It is sent when the request is there as a whole, so the request waits for nothing, and shares the slabs of
/// its body. Ends itself. Worker thread.
class Mirror final : public base::ListHook, private AttemptOwner, private event::Disposable {
 public:
  Mirror(base::Arena&& arena, Mirrors& mirrors, upstream::WorkerCluster& cluster, const http::MessageHead& head);
  ~Mirror();

  /// A piece of the body. False: it is too long, and the copy is gone.
  [[nodiscard]] bool add(const base::Buffer& data);
  /// The request is there. `trailers` may be null. The copy is its own from now on.
  void send(const http::HeaderList* trailers);
  /// Gives it up.
  void drop();

 private:
  friend class Mirrors;
  void onAttemptReady(UpstreamAttempt& attempt) override;
  void onAttemptInformational(http::MessageHead& /*head*/) override {}
  void onAttemptHead(http::MessageHead& head, bool end) override;
  void onAttemptData(base::Buffer& data, bool end) override;
  void onAttemptTrailers(http::HeaderList& trailers) override;
  void onAttemptFailed(const base::Error& error) override;
  void onAttemptHostDown() override {}
  void onAttemptBlocked(bool /*blocked*/) override {}
  void onDeadline();
  void finish();
  void dispose() noexcept override;

  base::Arena arena_;
  Mirrors& mirrors_;
  upstream::WorkerCluster& cluster_;
  http::MessageHead head_;
  http::HeaderList trailers_;
  base::Buffer body_;
  event::Timer deadline_;
  UpstreamAttempt* attempt_ = nullptr;
  size_t answered_ = 0;  ///< bytes of the answer's body
  bool finished_ = false;
};

}  // namespace headgate::filters::router
