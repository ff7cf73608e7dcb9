#include "filters/router/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "filters/router/max_forwards.h"
#include "filters/router/retry_policy.h"
#include "filters/router/route_action.h"

namespace headgate::filters::router {

using api::FilterStatus;
using base::ErrorCode;

api::Filter* WorkerRouter::create(base::Arena& arena, api::StreamHandle& stream, const api::RouteOptions* /*options*/) {
  return arena.make<Router>(*this, stream);
}

upstream::WorkerCluster& WorkerRouter::clusterFor(const routing::Route& route) {
  if (route.clusters.size() == 1) return clusters().get(route.clusters.front().id);
  if (route.split >= draws_.size()) draws_.resize(route.split + 1);
  std::unique_ptr<ClusterDraw>& draw = draws_[route.split];
  if (!draw) draw = std::make_unique<ClusterDraw>(route.clusters);
  return clusters().get(route.clusters[draw->next(requestIds_.random())].id);
}

Mirror* WorkerRouter::mirrorFor(const routing::Route& route, const http::MessageHead& head) {
  if (!route.config.mirror || head.isUpgrade() ||
      requestIds_.random() % routing::MirrorConfig::kAll >= route.config.mirror->share)
    return nullptr;
  return mirrors_.begin(clusters().get(route.mirrorId), head);
}

Router::Router(WorkerRouter& worker, api::StreamHandle& stream)
    : worker_(worker),
      stream_(stream),
      replay_(stream.loop().slabs()),
      timeout_(stream.loop().timers(), this, event::timerCallback<&Router::onTimeout>),
      backOff_(stream.loop().timers(), this, event::timerCallback<&Router::onBackOffOver>) {}

Router::~Router() {
  if (mirror_ != nullptr) mirror_->drop();
  if (attempt_ != nullptr) attempt_->~UpstreamAttempt();
  giveBackRetry();
}

// ---- the request

FilterStatus Router::onRequestHeaders(http::MessageHead& head, bool end) {
  if (endsHere(head)) return answerHere(head);
  const routing::Route* route = stream_.route();
  if (route == nullptr) {
    over_ = true;
    return stream_.reply(
        {ErrorCode::RouteNotFound, base::ErrorSource::Local, false, "no route for this host and path"});
  }
  if (route->answersItself()) return answerItself(*route, head, end);
  route_ = &route->config;
  cluster_ = &worker_.clusterFor(*route);
  stream_.info().clusterName = cluster_->cluster().name();
  cluster_->retryBudget().countRequest(stream_.loop().now());
  addForwardingHeaders(head, stream_.info(), worker_.requestIds());
  const base::Result<http::MessageHead*> changed = upstreamHead(*route, head, stream_);
  if (!changed) {
    give(changed.error());
    return FilterStatus::Done;
  }
  head_ = *changed;
  mirror_ = worker_.mirrorFor(*route, *head_);
  if (end) {
    requestEnded();
    endMirror(nullptr);
  }
  if (head.isUpgrade()) timeout_.after(route_->timeout);  // nothing more comes before it is answered
  stream_.continueRequest();
  const upstream::HashKeyConfig& hashKey = cluster_->cluster().config().hashKey;
  if (hashKey.kind != upstream::HashKeyConfig::Kind::None) {
    hashKey_ = hashKeyOf(hashKey, head, stream_.info().clientText, stream_.arena(), cluster_->nextRandom());
  }
  if (upstream::ConnPool* pool = cluster_->pick({}, hashKey_.hash)) {
    startAttempt(*pool);
  } else {
    give(noHost());
  }
  return over_ ? FilterStatus::Done : FilterStatus::Pause;
}

base::Error Router::noHost() const {
  return {ErrorCode::NoHealthyUpstream, base::ErrorSource::Local, false,
          fmt::format("cluster \"{}\" has no host to offer", cluster_->cluster().name())};
}

FilterStatus Router::answerHere(const http::MessageHead& head) {
  over_ = true;
  if (head.method == http::Method::Trace) {
    return stream_.reply({ErrorCode::MethodNotAllowed, base::ErrorSource::Downstream, false,
                          "TRACE is passed on, but not answered here, where Max-Forwards ends it"});
  }
  auto* answer = stream_.arena().make<http::MessageHead>(stream_.arena());
  answer->status = 200;
  answer->contentLength = 0;
  answer->headers.add("allow", http::kServedMethods);
  answer->headers.add(http::HeaderName::Server, "headgate");
  stream_.info().details = "options_answered";
  stream_.info().responseHead = stream_.loop().now();
  stream_.respondHead(*answer, true);
  return FilterStatus::Pause;
}

FilterStatus Router::answerItself(const routing::Route& route, const http::MessageHead& head, bool end) {
  if (!end && awaitsBody(head)) {
    answersAtEnd_ = true;
    return FilterStatus::Pause;
  }
  over_ = true;
  answer(route, stream_);
  return FilterStatus::Done;
}

FilterStatus Router::onResponseHeaders(http::MessageHead& head, bool /*end*/) {
  if (const routing::Route* route = stream_.route()) changeResponse(*route, head, stream_);
  return FilterStatus::Continue;
}

void Router::endMirror(const http::HeaderList* trailers) {
  if (Mirror* mirror = std::exchange(mirror_, nullptr)) mirror->send(trailers);
}

void Router::requestEnded() {
  requestComplete_ = true;
  if (responseBegun_) return;
  timeout_.after(route_->timeout);
  if (attempt_ != nullptr) attempt_->requestEnded();
}

void Router::endTunnel() {
  if (!tunnel_ || !requestComplete_ || !responseOver_ || std::exchange(over_, true)) return;
  attempt_->finish();
}

FilterStatus Router::onRequestData(base::Buffer& data, bool end) {
  if (over_) {
    data.clear();
    return FilterStatus::Done;
  }
  if (answersAtEnd_) {
    data.clear();
    return answerItself(*stream_.route(), stream_.requestHead(), end);
  }
  if (mirror_ != nullptr && !mirror_->add(data)) mirror_ = nullptr;
  if (end) {
    requestEnded();
    endMirror(nullptr);
  }
  if (replayable_) replay_.appendShared(data);
  if (http::MessageWriter* to = writer()) {
    if (replay_.size() > kReplayLimit) {
      replayable_ = false;
      replay_.clear();
    }
    to->writeData(data, end);
    if (end) noteSent();
    endTunnel();
  } else {
    data.clear();  // replay_ has it
    if (replay_.size() > kReplayLimit) stream_.pauseRequest(api::kUpstreamFull);
  }
  return FilterStatus::Pause;
}

FilterStatus Router::onRequestTrailers(http::HeaderList& trailers) {
  if (over_) return FilterStatus::Done;
  if (answersAtEnd_) return answerItself(*stream_.route(), stream_.requestHead(), true);
  requestEnded();
  endMirror(&trailers);
  trailers_ = &trailers;
  if (http::MessageWriter* to = writer()) {
    to->writeTrailers(trailers);
    noteSent();
  }
  return FilterStatus::Pause;
}

void Router::onRequestAborted(const base::Error& /*error*/) {
  over_ = true;
  timeout_.cancel();
  backOff_.cancel();
  if (attempt_ != nullptr) attempt_->cancel();
}

// ---- attempts

void Router::startAttempt(upstream::ConnPool& pool) {
  tried_[attempts_++] = &pool.host();
  base::Arena& arena = stream_.arena();
  api::StreamInfo& info = stream_.info();
  info.attemptCount = attempts_;
  info.upstreamHost = arena.copy(pool.host().text());  // the host may leave before the log is written
  info.upstreamStart = stream_.loop().now();
  auto* record = arena.make<api::Attempt>(api::Attempt{info.upstreamHost, {}, nullptr});
  (record_ == nullptr ? info.attempts : record_->next) = record;
  record_ = record;

  if (attempt_ != nullptr) attempt_->~UpstreamAttempt();
  attempt_ = arena.make<UpstreamAttempt>(arena, stream_.loop().timers(), pool, static_cast<AttemptOwner&>(*this),
                                         route_->retries.perTryTimeout);
  attempt_->start(requestComplete_ || head_->isUpgrade());
}

void Router::onAttemptReady(UpstreamAttempt& attempt) {
  http::MessageWriter& to = *attempt.writer();
  if (downstreamBlocked_) to.setReading(false);
  if (requestComplete_) noteSent();
  const bool headOnly = requestComplete_ && replay_.empty() && trailers_ == nullptr;
  to.writeHead(*head_, headOnly);
  if (headOnly) return;
  if (!replay_.empty()) {
    base::Buffer body(replay_.pool());
    body.appendShared(replay_);
    to.writeData(body, requestComplete_ && trailers_ == nullptr);
  }
  if (trailers_ != nullptr) to.writeTrailers(*trailers_);
  if (replay_.size() > kReplayLimit) {
    replayable_ = false;
    replay_.clear();
  }
  stream_.unpauseRequest(api::kUpstreamFull);
}

void Router::onAttemptBlocked(bool blocked) {
  blocked ? stream_.pauseRequest(api::kUpstreamFull) : stream_.unpauseRequest(api::kUpstreamFull);
}

void Router::onDownstreamBlocked(bool blocked) {
  downstreamBlocked_ = blocked;
  if (http::MessageWriter* from = writer()) from->setReading(!blocked);
}

void Router::setOutcome(std::string_view outcome) {
  if (record_ != nullptr) record_->outcome = outcome;
}

void Router::onAttemptFailed(const base::Error& error) {
  if (over_) return;
  setOutcome(base::reasonToken(error.code));
  stream_.info().upstreamFailure = stream_.arena().copy(error.message);
  if (responseBegun_) {
    over_ = true;
    timeout_.cancel();
    worker_.events().report(log::Severity::Warning, base::reasonToken(error.code), stream_.info().upstreamHost,
                            error.message);
    return stream_.abortResponse(error);
  }
  if (tryAgain(error)) return;
  worker_.events().report(
      log::Severity::Warning, base::reasonToken(error.code), stream_.info().upstreamHost,
      fmt::format("{}; the request failed after {} {}", error.message, attempts_, attempts_ == 1 ? "try" : "tries"));
  if (attempts_ > route_->retries.max && attempts_ > 1) stream_.info().flags |= api::kUpstreamRetryLimitExceeded;
  give(error);
}

bool Router::tryAgain(const base::Error& error) {
  if (attempts_ == kMaxAttempts) return false;
  upstream::ConnPool* next = cluster_->pick(tried(), hashKey_.hash);
  if (next == nullptr) return false;
  const routing::RetryConfig& config = route_->retries;
  upstream::ClusterStats& stats = cluster_->stats();
  switch (judgeRetry(config, {error.code, head_->method, replayable_, attempts_}, cluster_->retryBudget(),
                     stream_.loop().now())) {
    case RetryVerdict::NotRetryable: return false;
    case RetryVerdict::LimitReached: return stats.rqRetryLimitExceeded.inc(), false;
    case RetryVerdict::OverBudget: return stats.rqRetryOverflow.inc(), false;
    case RetryVerdict::Retry: break;
  }
  giveBackRetry();
  upstream::Breaker& breaker = cluster_->breakers().retries;
  if (breaker.max() > 0 && !(retryTaken_ = breaker.take())) return stats.rqRetryOverflow.inc(), false;
  stats.rqRetry.inc();
  // Said before the next try, which may fail at once and come back here.
  reportSwitch(error, next->host().text());
  const base::Duration wait =
      hasTried(next->host()) ? backOff(config, attempts_, cluster_->nextRandom()) : base::Duration(0);
  if (wait.count() == 0) {
    startAttempt(*next);
  } else {
    stats.rqRetryBackoff.inc();
    attempt_->cancel();
    backOff_.after(wait);
  }
  return true;
}

void Router::onBackOffOver() {
  // Who was picked before may be gone by now, and another may be back.
  if (upstream::ConnPool* pool = cluster_->pick(tried(), hashKey_.hash)) return startAttempt(*pool);
  give(noHost());
}

void Router::giveBackRetry() {
  if (std::exchange(retryTaken_, false)) cluster_->breakers().retries.give();
}

bool Router::hasTried(const upstream::Host& host) const {
  const auto hosts = tried();
  return std::find(hosts.begin(), hosts.end(), &host) != hosts.end();
}

void Router::onAttemptHostDown() {
  if (over_ || responseBegun_) return;
  const std::string_view outcome = base::reasonToken(ErrorCode::UpstreamReset);
  api::Attempt* record = record_;
  if (tryAgain({ErrorCode::UpstreamReset, base::ErrorSource::Upstream, false,
                "health checks found the host down before it answered"})) {
    record->outcome = outcome;
  }
}

void Router::reportSwitch(const base::Error& error, std::string_view nextHost) {
  worker_.events().report(log::Severity::Warning, base::reasonToken(error.code), stream_.info().upstreamHost,
                          fmt::format("{}; the request goes on to another try at {} in cluster \"{}\"", error.message,
                                      nextHost, cluster_->cluster().name()));
}

void Router::give(const base::Error& error) {
  over_ = true;
  timeout_.cancel();
  stream_.reply(error);
}

void Router::onTimeout() {
  if (over_ || responseBegun_) return;
  backOff_.cancel();
  if (attempt_ != nullptr) attempt_->cancelLate();
  setOutcome(base::reasonToken(ErrorCode::UpstreamTimeout));
  const base::Error error{ErrorCode::UpstreamTimeout, base::ErrorSource::Upstream, false,
                          "no response in the route's timeout"};
  worker_.events().report(log::Severity::Warning, base::reasonToken(error.code), stream_.info().upstreamHost,
                          error.message);
  give(error);
}

// ---- the response

void Router::onAttemptHead(http::MessageHead& head, bool end) {
  if (over_) return;
  responseBegun_ = true;
  timeout_.cancel();
  if (attempts_ > 1 && head.status < 500) cluster_->stats().rqRetrySuccess.inc();
  api::StreamInfo& info = stream_.info();
  info.responseHead = stream_.loop().now();
  info.upstreamProtocol = http::text(head.version);
  info.details = "via_upstream";
  char* status = stream_.arena().array<char>(3);
  std::to_chars(status, status + 3, head.status);
  setOutcome({status, 3});
  addResponseHeaders(head);
  if (!hashKey_.newCookie.empty()) head.headers.add("set-cookie", hashKey_.newCookie);
  if (end) over_ = true;
  if (head.isUpgrade()) {
    tunnel_ = true;
    replayable_ = false;
    replay_.clear();
  }
  stream_.respondHead(head, end);
}

void Router::onAttemptData(base::Buffer& data, bool end) {
  if (over_) return data.clear();
  if (tunnel_) {
    responseOver_ = end;
    stream_.respondData(data, end);
    return endTunnel();
  }
  if (end) over_ = true;
  stream_.respondData(data, end);
}

void Router::onAttemptTrailers(http::HeaderList& trailers) {
  if (std::exchange(over_, true)) return;
  stream_.respondTrailers(trailers);
}

}  // namespace headgate::filters::router
