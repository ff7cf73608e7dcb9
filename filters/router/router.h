#pragma once
// The terminal filter: sends the request to a host of the route's cluster and brings the response back.

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "api/filter.h"
#include "api/filter_factory.h"
#include "filters/router/cluster_draw.h"
#include "filters/router/forwarding_headers.h"
#include "filters/router/hash_key.h"
#include "filters/router/mirror.h"
#include "filters/router/upstream_attempt.h"
#include "source/log/event_log.h"
#include "source/routing/route.h"
#include "source/upstream/worker_cluster.h"

namespace headgate::filters::router {

/// What the router's filters of one worker share. Worker thread.
class WorkerRouter final : public api::WorkerFilter {
 public:
  explicit WorkerRouter(const api::WorkerContext& context) : context_(context), mirrors_(context.loop, context.stats) {}
  api::Filter* create(base::Arena& arena, api::StreamHandle& stream, const api::RouteOptions* options) override;

  [[nodiscard]] upstream::WorkerClusters& clusters() { return context_.clusters; }
  [[nodiscard]] log::EventLog& events() { return context_.events; }
  [[nodiscard]] RequestIds& requestIds() { return requestIds_; }
  /// The cluster that takes the next request of the route, which has one at least.
  [[nodiscard]] upstream::WorkerCluster& clusterFor(const routing::Route& route);
  /// A copy of the request, if its route wants one and this is one of its share; else null. Tunnels have none.
  [[nodiscard]] Mirror* mirrorFor(const routing::Route& route, const http::MessageHead& head);

 private:
  const api::WorkerContext context_;
  RequestIds requestIds_;
  Mirrors mirrors_;
  std::vector<std::unique_ptr<ClusterDraw>> draws_;  ///< by routing::Route::split
};

/// One request's way upstream. While no attempt has a connection its body waits here; bytes that were sent are kept for
/// a further attempt up to kReplayLimit, beyond which the request cannot be repeated. Worker thread.
class Router final : public api::Filter, private AttemptOwner {
 public:
  /// Body bytes kept for replay; also the most that waits for a connection before the client is paused.
  static constexpr size_t kReplayLimit = 64 * 1024;
  static constexpr size_t kMaxAttempts = 11;

  Router(WorkerRouter& worker, api::StreamHandle& stream);
  ~Router() override;

  api::FilterStatus onRequestHeaders(http::MessageHead& head, bool end) override;
  api::FilterStatus onRequestData(base::Buffer& data, bool end) override;
  api::FilterStatus onRequestTrailers(http::HeaderList& trailers) override;
  api::FilterStatus onResponseHeaders(http::MessageHead& head, bool end) override;
  void onDownstreamBlocked(bool blocked) override;
  void onRequestAborted(const base::Error& error) override;

 private:
  void onAttemptReady(UpstreamAttempt& attempt) override;
  void onAttemptInformational(http::MessageHead& head) override { stream_.respondInformational(head); }
  void onAttemptHead(http::MessageHead& head, bool end) override;
  void onAttemptData(base::Buffer& data, bool end) override;
  void onAttemptTrailers(http::HeaderList& trailers) override;
  void onAttemptFailed(const base::Error& error) override;
  void onAttemptHostDown() override;
  void onAttemptBlocked(bool blocked) override;

  api::FilterStatus answerItself(const routing::Route& route, const http::MessageHead& head, bool end);
  void startAttempt(upstream::ConnPool& pool);
  /// Begins another attempt if the current one may be repeated and there is a host for it: at once where the request
  /// has not been, else after a back-off.
  bool tryAgain(const base::Error& error);
  void onBackOffOver();
  void giveBackRetry();
  [[nodiscard]] bool hasTried(const upstream::Host& host) const;
  [[nodiscard]] std::span<const upstream::Host* const> tried() const { return {tried_.data(), attempts_}; }
  [[nodiscard]] base::Error noHost() const;
  api::FilterStatus answerHere(const http::MessageHead& head);
  void requestEnded();
  void endTunnel();
  void endMirror(const http::HeaderList* trailers);
  void noteSent() { stream_.info().requestSent = stream_.loop().now(); }
  void onTimeout();
  void setOutcome(std::string_view outcome);
  void reportSwitch(const base::Error& error, std::string_view nextHost);
  void give(const base::Error& error);
  [[nodiscard]] http::MessageWriter* writer() { return attempt_ == nullptr ? nullptr : attempt_->writer(); }

  WorkerRouter& worker_;
  api::StreamHandle& stream_;
  http::MessageHead* head_ = nullptr;
  const routing::RouteConfig* route_ = nullptr;
  upstream::WorkerCluster* cluster_ = nullptr;
  UpstreamAttempt* attempt_ = nullptr;
  api::Attempt* record_ = nullptr;  ///< of the current attempt, for the logs
  http::HeaderList* trailers_ = nullptr;
  Mirror* mirror_ = nullptr;  ///< while the request is not there as a whole
  base::Buffer replay_;       ///< all body bytes so far, while replayable_
  event::Timer timeout_;
  event::Timer backOff_;  ///< armed: no attempt is under way
  std::array<const upstream::Host*, kMaxAttempts> tried_{};
  HashKey hashKey_;
  uint32_t attempts_ = 0;
  bool replayable_ = true;
  bool requestComplete_ = false;
  bool responseBegun_ = false;
  bool tunnel_ = false;        ///< the backend accepted the upgrade
  bool responseOver_ = false;  ///< of the tunnel's two directions the one from the backend
  bool downstreamBlocked_ = false;
  bool retryTaken_ = false;    ///< of the cluster's max_retries
  bool answersAtEnd_ = false;  ///< the route's own answer waits for the body, which is dropped
  bool over_ = false;
};

}  // namespace headgate::filters::router
