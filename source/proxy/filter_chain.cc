#include "source/proxy/filter_chain.h"

namespace headgate::proxy {

using api::FilterStatus;

// ---- one direction

api::Filter& FilterPass::filter(size_t step) const {
  return *filters_[direction_ == Direction::Request ? step : filters_.size() - 1 - step];
}

FilterStatus FilterPass::callHead(size_t step, http::MessageHead& head, bool end) {
  delivered_ = delivered_ || (end && step + 1 == filters_.size());
  return direction_ == Direction::Request ? filter(step).onRequestHeaders(head, end)
                                          : filter(step).onResponseHeaders(head, end);
}

FilterStatus FilterPass::callData(size_t step, base::Buffer& data, bool end) {
  delivered_ = delivered_ || (end && step + 1 == filters_.size());
  return direction_ == Direction::Request ? filter(step).onRequestData(data, end)
                                          : filter(step).onResponseData(data, end);
}

FilterStatus FilterPass::callTrailers(size_t step, http::HeaderList& trailers) {
  delivered_ = delivered_ || step + 1 == filters_.size();
  return direction_ == Direction::Request ? filter(step).onRequestTrailers(trailers)
                                          : filter(step).onResponseTrailers(trailers);
}

bool FilterPass::proceed(FilterStatus status, size_t step) {
  running_ = false;
  if (stopped_) return false;
  switch (status) {
    case FilterStatus::Continue: return true;
    case FilterStatus::Done: stop(); return false;
    case FilterStatus::Pause:
      // The terminal filter of the requests takes all that comes: its Pause is not a pause of the pass.
      if (direction_ == Direction::Request && step + 1 == filters_.size()) return false;
      paused_ = true;
      pausedAt_ = step;
      return false;
  }
  return false;
}

void FilterPass::head(http::MessageHead& head, bool end) { runHead(0, head, end); }

void FilterPass::runHead(size_t step, http::MessageHead& head, bool end) {
  for (; step < filters_.size(); ++step) {
    running_ = true;
    const FilterStatus status = callHead(step, head, end);
    const bool goOn = proceed(status, step);
    if (stopped_) return;
    const bool hasBody = direction_ == Direction::Request && !end && !head.isUpgrade();
    const size_t whole = hasBody ? filter(step).wantsWholeRequest() : 0;
    if (goOn && whole > 0) {
      paused_ = true;
      pausedAt_ = step;
      wholeMaximum_ = whole;
    }
    if (paused_) {
      backlog_.head = &head;
      backlog_.headEnd = end;
      if (resumeAsked_) resumeNow();
      return;
    }
    if (!goOn) return;
  }
  if (direction_ == Direction::Response) host_.responseHeadPassed(head, end);
}

void FilterPass::data(base::Buffer& data, bool end) {
  if (stopped_) return data.clear();
  if (paused_) return collect(data, end);
  runData(0, data, end);
}

void FilterPass::collect(base::Buffer& data, bool end) {
  waiting_.append(data);
  backlog_.waitingEnd = end;
  if (wholeMaximum_ > 0) {
    if (waiting_.size() > wholeMaximum_) {
      stop();
      return host_.requestBodyTooLarge();
    }
    if (end) resumeNow();
    return;
  }
  if (waiting_.size() > kBufferLimit) tellFull(true);
}

void FilterPass::runData(size_t step, base::Buffer& data, bool end) {
  for (; step < filters_.size(); ++step) {
    running_ = true;
    const FilterStatus status = callData(step, data, end);
    if (proceed(status, step)) continue;
    if (paused_ && !stopped_) {
      held_.append(data);
      backlog_.heldEnd = end;
      if (resumeAsked_) resumeNow();
    }
    return;
  }
  if (direction_ == Direction::Response) host_.responseDataPassed(data, end);
}

void FilterPass::trailers(http::HeaderList& trailers) {
  if (stopped_) return;
  if (paused_) {
    backlog_.waitingTrailers = &trailers;
    if (wholeMaximum_ > 0) resumeNow();
    return;
  }
  runTrailers(0, trailers);
}

void FilterPass::runTrailers(size_t step, http::HeaderList& trailers) {
  for (; step < filters_.size(); ++step) {
    running_ = true;
    const FilterStatus status = callTrailers(step, trailers);
    if (proceed(status, step)) continue;
    if (paused_ && !stopped_) {
      backlog_.heldTrailers = &trailers;
      if (resumeAsked_) resumeNow();
    }
    return;
  }
  if (direction_ == Direction::Response) host_.responseTrailersPassed(trailers);
}

void FilterPass::resume() {
  if (stopped_) return;
  if (running_) {
    resumeAsked_ = true;
  } else if (paused_) {
    resumeNow();
  }
}

void FilterPass::resumeNow() {
  resumeAsked_ = false;
  paused_ = false;
  const size_t behind = pausedAt_ + 1;
  const bool whole = wholeMaximum_ > 0;
  wholeMaximum_ = 0;
  base::Buffer held = std::move(held_);
  base::Buffer waiting = std::move(waiting_);
  const Backlog backlog = std::exchange(backlog_, {});

  if (whole && !stopped_) {
    // The filter decides on the body before anybody behind it hears of the request.
    running_ = true;
    const FilterStatus status = callData(pausedAt_, waiting, backlog.waitingEnd);
    running_ = false;
    if (stopped_ || status == FilterStatus::Done) return stop();
    runHead(behind, *backlog.head, false);
    if (stopped_) return;
    // Behind it the body flows on as if it had just come.
    if (paused_) {
      held_.append(waiting);
      backlog_.heldEnd = backlog.waitingEnd;
    } else {
      runData(behind, waiting, backlog.waitingEnd);
    }
    if (backlog.waitingTrailers != nullptr) trailers(*backlog.waitingTrailers);
    return;
  }

  if (backlog.head != nullptr) runHead(behind, *backlog.head, backlog.headEnd);
  if (stopped_) return;
  const auto rePause = [&] {  // paused again further on: what is left waits on, in the same order
    held_.append(held);
    waiting_.append(waiting);
    backlog_.heldEnd = backlog.heldEnd;
    backlog_.waitingEnd = backlog.waitingEnd;
    backlog_.heldTrailers = backlog.heldTrailers;
    backlog_.waitingTrailers = backlog.waitingTrailers;
  };
  if (paused_) return rePause();
  if (!held.empty() || backlog.heldEnd) runData(behind, held, backlog.heldEnd);
  if (stopped_) return;
  if (paused_) return rePause();
  if (backlog.heldTrailers != nullptr) return runTrailers(behind, *backlog.heldTrailers);
  if (!waiting.empty() || backlog.waitingEnd) data(waiting, backlog.waitingEnd);
  if (stopped_) return;
  if (backlog.waitingTrailers != nullptr) trailers(*backlog.waitingTrailers);
  if (!paused_) tellFull(false);
}

void FilterPass::restart() {
  stop();
  stopped_ = false;
  backlog_ = {};
}

void FilterPass::stop() {
  stopped_ = true;
  paused_ = false;
  held_.clear();
  waiting_.clear();
}

void FilterPass::tellFull(bool full) {
  if (full_ == full) return;
  full_ = full;
  direction_ == Direction::Request ? host_.requestBufferFull(full) : host_.responseBufferFull(full);
}

// ---- the chain

namespace {

std::span<api::Filter*> place(std::span<const std::unique_ptr<api::WorkerFilter>> filters,
                              std::span<const routing::RouteFilter> route, base::Arena& arena,
                              api::StreamHandle& stream) {
  auto** placed = arena.array<api::Filter*>(filters.size());
  size_t count = 0;
  for (size_t i = 0; i < filters.size(); ++i) {
    if (route.empty()) {
      placed[count++] = filters[i]->create(arena, stream, nullptr);
    } else if (!route[i].off) {
      placed[count++] = filters[i]->create(arena, stream, route[i].options.get());
    }
  }
  return {placed, count};
}

}  // namespace

FilterChain::FilterChain(std::span<const std::unique_ptr<api::WorkerFilter>> filters,
                         std::span<const routing::RouteFilter> route, base::Arena& arena, api::StreamHandle& stream,
                         FilterChainHost& host, base::SlabPool& slabs)
    : filters_(place(filters, route, arena, stream)),
      request_(FilterPass::Direction::Request, filters_, host, slabs),
      response_(FilterPass::Direction::Response, filters_, host, slabs) {}

FilterChain::~FilterChain() {
  for (size_t i = filters_.size(); i-- > 0;) filters_[i]->~Filter();
}

void FilterChain::complete(const api::StreamInfo& info) {
  request_.stop();
  response_.stop();
  for (api::Filter* filter : filters_) filter->onStreamComplete(info);
}

}  // namespace headgate::proxy
