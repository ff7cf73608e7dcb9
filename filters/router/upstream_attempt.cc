#include "filters/router/upstream_attempt.h"

#include <utility>

namespace headgate::filters::router {

UpstreamAttempt::UpstreamAttempt(base::Arena& arena, event::TimerWheel& timers, upstream::ConnPool& pool,
                                 AttemptOwner& owner, base::Duration perTryTimeout)
    : arena_(arena),
      pool_(pool),
      owner_(owner),
      timer_(timers, this, event::timerCallback<&UpstreamAttempt::onPerTryTimeout>),
      perTryTimeout_(perTryTimeout) {}

void UpstreamAttempt::start(bool requestComplete) {
  state_ = State::Waiting;
  begun_ = pool_.now();
  pool_.host().requestBegun();
  if (requestComplete) requestEnded();
  pool_.newStream(*this);
}

void UpstreamAttempt::requestEnded() {
  if (active() && !answered_) timer_.after(perTryTimeout_);
}

void UpstreamAttempt::end() {
  if (!active()) return;
  state_ = State::Over;
  timer_.cancel();
  leavePool();
  pool_.host().requestEnded();
  if (http::MessageWriter* writer = std::exchange(writer_, nullptr)) writer->release();
}

void UpstreamAttempt::cancel() {
  if (state_ == State::Waiting) pool_.stats().rqCancelled.inc();
  end();
}

void UpstreamAttempt::cancelLate() {
  if (!active()) return;
  pool_.stats().rqTimeout.inc();
  pool_.report(upstream::Outcome::Timeout);
  end();
}

void UpstreamAttempt::onPoolReady(http::ClientSession& session) {
  state_ = State::Open;
  writer_ = &session.newStream(arena_, *this);
  owner_.onAttemptReady(*this);
}

void UpstreamAttempt::onPoolFailure(const base::Error& error) {
  const bool hostsFault = error.code == base::ErrorCode::ConnectFailed || error.code == base::ErrorCode::ConnectTimeout;
  if (hostsFault) pool_.report(upstream::Outcome::NoConnection);
  end();
  owner_.onAttemptFailed(error);
}

void UpstreamAttempt::onHead(http::MessageHead& head, bool end) {
  timer_.cancel();
  answered_ = true;
  pool_.reportLatency(base::Duration(pool_.now() - begun_));
  pool_.reportAnswer(head.status);
  tunnel_ = head.isUpgrade();
  if (end) this->end();
  owner_.onAttemptHead(head, end);
}

void UpstreamAttempt::onData(base::Buffer& data, bool end) {
  if (end && !tunnel_) this->end();
  owner_.onAttemptData(data, end);
}

void UpstreamAttempt::onTrailers(http::HeaderList& trailers) {
  end();
  owner_.onAttemptTrailers(trailers);
}

void UpstreamAttempt::onReset(const base::Error& error) {
  // A kept connection that the backend closed before the request left says nothing about the backend.
  if (error.code != base::ErrorCode::Unsent) pool_.report(upstream::Outcome::Reset);
  pool_.stats().rqRxReset.inc();
  end();
  owner_.onAttemptFailed(error);
}

void UpstreamAttempt::onPerTryTimeout() {
  pool_.report(upstream::Outcome::Timeout);
  pool_.stats().rqPerTryTimeout.inc();
  end();
  owner_.onAttemptFailed(
      {base::ErrorCode::PerTryTimeout, base::ErrorSource::Upstream, false, "no response in the time of one try"});
}

}  // namespace headgate::filters::router
