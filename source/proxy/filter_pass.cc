#include "source/proxy/filter_pass.h"

#include <utility>

namespace headgate::proxy {

using api::FilterStatus;

api::Filter& FilterPass::filter(size_t step) const {
  return *filters_[direction_ == Direction::Request ? step : filters_.size() - 1 - step];
}

// ---- what comes

void FilterPass::head(http::MessageHead& head, bool end) {
  Item item(slabs_, Kind::Head);
  item.head = &head;
  item.end = end;
  submit(item);
}

void FilterPass::data(base::Buffer& data, bool end) {
  Item item(slabs_, Kind::Data);
  item.data.append(data);
  item.end = end;
  submit(item);
}

void FilterPass::trailers(http::HeaderList& trailers) {
  Item item(slabs_, Kind::Trailers);
  item.trailers = &trailers;
  submit(item);
}

void FilterPass::add(base::Buffer& data) {
  if (running_ && !stopped_) added_.append(data);
  data.clear();
}

void FilterPass::submit(Item& item) {
  if (stopped_) return;
  if (busy_) return keep(item);
  busy_ = true;
  // The usual case: nothing waits, the piece goes all the way and nothing is kept.
  if (paused_ || first_ != nullptr) {
    keep(item);
  } else if (!run(item)) {
    keepFirst(item);
  }
  settle();
}

void FilterPass::resume() {
  if (stopped_) return;
  if (running_) {
    resumeAsked_ = true;
    return;
  }
  if (!std::exchange(paused_, false)) return;
  // It may want the whole body after it has made up its mind about the head.
  if (first_ != nullptr && first_->kind == Kind::Head && !first_->end && !first_->head->isUpgrade()) {
    wantWhole(pausedAt_);
  }
  if (busy_) return;
  busy_ = true;
  settle();
}

void FilterPass::replace(http::MessageHead& head, std::string_view body, bool headOnly) {
  stop();
  replacement_ = Replacement{&head, body, headOnly};
  if (busy_) return;
  busy_ = true;
  settle();
}

void FilterPass::stop() {
  stopped_ = true;
  replacement_.reset();
  clear();
  tellFull(false);
}

void FilterPass::clear() {
  while (first_ != nullptr) {
    Item* item = std::exchange(first_, first_->next);
    item->data.clear();
    item->next = std::exchange(free_, item);
  }
  last_ = nullptr;
  added_.clear();
  paused_ = false;
  wholeMaximum_ = 0;
}

// ---- one piece

FilterStatus FilterPass::call(size_t step, Item& item, bool data) {
  api::Filter& to = filter(step);
  const bool request = direction_ == Direction::Request;
  const bool ends = item.kind == Kind::Trailers ? !data : item.end;
  delivered_ = delivered_ || (ends && step + 1 == filters_.size());
  running_ = true;
  resumeAsked_ = false;
  FilterStatus status = FilterStatus::Continue;
  if (data) {
    const bool end = item.kind == Kind::Data && item.end;
    status = request ? to.onRequestData(item.data, end) : to.onResponseData(item.data, end);
  } else if (item.kind == Kind::Head) {
    status = request ? to.onRequestHeaders(*item.head, item.end) : to.onResponseHeaders(*item.head, item.end);
  } else {
    status = request ? to.onRequestTrailers(*item.trailers) : to.onResponseTrailers(*item.trailers);
    item.data.append(added_);
  }
  running_ = false;
  added_.clear();
  return status;
}

// Moves `item` as far as it may go: true when it is over (passed, taken, or the pass is stopped), false when it waits.
bool FilterPass::run(Item& item) {
  while (!isHeld(item)) {
    if (item.step == filters_.size()) {
      passed(item);
      return true;
    }
    const size_t step = item.step;
    const bool leading = item.kind == Kind::Trailers && !item.data.empty() && !item.dataSeen;
    if (!leading) ++item.step;
    item.dataSeen = leading;
    const FilterStatus status = call(step, item, leading || item.kind == Kind::Data);
    if (stopped_) return true;
    // The terminal filter of the requests takes all that comes: its Pause is not a pause of the pass.
    const bool terminal = direction_ == Direction::Request && step + 1 == filters_.size();
    if (status == FilterStatus::Done) {
      stop();
      return true;
    }
    if (status == FilterStatus::Pause && !terminal && !resumeAsked_) {
      paused_ = true;
      pausedAt_ = step;
      return false;
    }
    if (item.kind == Kind::Head && !item.end && !item.head->isUpgrade()) wantWhole(step);
    if (item.kind == Kind::Data && item.data.empty() && !item.end) return true;  // a filter has taken it
  }
  return false;
}

void FilterPass::passed(Item& item) {
  if (direction_ == Direction::Request) return;
  switch (item.kind) {
    case Kind::Head: return host_.responseHeadPassed(*item.head, item.end);
    case Kind::Data: return host_.responseDataPassed(item.data, item.end);
    case Kind::Trailers:
      if (!item.data.empty()) host_.responseDataPassed(item.data, false);
      if (!stopped_) host_.responseTrailersPassed(*item.trailers);
      return;
  }
}

// ---- what waits

bool FilterPass::isHeld(const Item& item) const {
  if (wholeMaximum_ == 0) return false;
  return item.kind == Kind::Head ? item.step == wholeAt_ + 1 : item.step == wholeAt_;
}

void FilterPass::keep(Item& item) {
  if (item.kind == Kind::Data && last_ != nullptr && last_->kind == Kind::Data && !last_->end &&
      last_->step == item.step) {
    last_->data.append(item.data);
    last_->end = item.end;
    return;
  }
  Item* kept = store(item);
  (last_ == nullptr ? first_ : last_->next) = kept;
  last_ = kept;
}

// What was moved while nothing waited comes before what came within its callbacks.
void FilterPass::keepFirst(Item& item) {
  Item* kept = store(item);
  kept->next = first_;
  if (first_ == nullptr) last_ = kept;
  first_ = kept;
}

FilterPass::Item* FilterPass::store(Item& item) {
  Item* kept = free_;
  if (kept == nullptr) {
    kept = arena_.make<Item>(slabs_, item.kind);
  } else {
    free_ = kept->next;
  }
  *kept = std::move(item);
  kept->next = nullptr;
  return kept;
}

void FilterPass::pump() {
  Item* before = nullptr;
  for (Item* item = first_; item != nullptr && !paused_ && !stopped_;) {
    const bool over = run(*item);
    if (stopped_) return;
    Item* next = item->next;
    const bool joins = !over && before != nullptr && before->kind == Kind::Data && item->kind == Kind::Data &&
                       before->step == item->step && !before->end;
    if (joins) {
      before->data.append(item->data);
      before->end = item->end;
    }
    if (over || joins) {
      (before == nullptr ? first_ : before->next) = next;
      if (last_ == item) last_ = before;
      item->data.clear();
      item->next = std::exchange(free_, item);
    } else {
      before = item;
    }
    item = next;
  }
}

// Ends every entry: moves what may move now, until nothing does.
void FilterPass::settle() {
  while (true) {
    if (replacement_) beginReplacement();
    if (!stopped_ && !paused_) pump();
    if (replacement_) continue;
    if (stopped_ || !wholeIsOver()) break;
    showWhole();
  }
  busy_ = false;
  if (stopped_) return;
  const size_t waiting = waitingBytes();
  if (waiting > kBufferLimit || waiting <= kBufferLimit / 2) tellFull(waiting > kBufferLimit);
}

void FilterPass::beginReplacement() {
  const Replacement message = *std::exchange(replacement_, std::nullopt);
  stopped_ = false;
  wholeFrom_ = 0;
  Item head(slabs_, Kind::Head);
  head.head = message.head;
  head.end = message.headOnly;
  keep(head);
  if (message.headOnly) return;
  Item body(slabs_, Kind::Data);
  body.data.append(message.body);
  body.end = true;
  keep(body);
}

size_t FilterPass::waitingBytes() const {
  size_t bytes = 0;
  for (const Item* item = first_; item != nullptr; item = item->next) bytes += isHeld(*item) ? 0 : item->data.size();
  return bytes;
}

void FilterPass::tellFull(bool full) {
  if (full_ == full) return;
  full_ = full;
  direction_ == Direction::Request ? host_.requestBufferFull(full) : host_.responseBufferFull(full);
}

// ---- whole bodies

void FilterPass::wantWhole(size_t step) {
  if (step < wholeFrom_) return;
  wholeFrom_ = step + 1;
  const bool request = direction_ == Direction::Request;
  wholeMaximum_ = request ? filter(step).wantsWholeRequest() : filter(step).wantsWholeResponse();
  wholeAt_ = step;
  if (wholeMaximum_ > 0 && request) host_.requestBodyWanted();
}

bool FilterPass::wholeIsOver() {
  if (wholeMaximum_ == 0 || paused_) return false;  // what the filter before it has paused on stands there too
  size_t bytes = 0;
  bool over = false;
  for (const Item* item = first_; item != nullptr; item = item->next) {
    if (item->kind == Kind::Head || item->step != wholeAt_) continue;
    bytes += item->data.size();
    over = over || item->end || item->kind == Kind::Trailers;
  }
  if (bytes <= wholeMaximum_) return over;
  const size_t maximum = wholeMaximum_;
  stop();
  direction_ == Direction::Request ? host_.requestBodyTooLarge(maximum) : host_.responseBodyTooLarge(maximum);
  return replacement_.has_value();
}

// The body has come whole: the filter decides on it before anybody behind hears of the message. The head is first in
// the queue, the body right behind it.
void FilterPass::showWhole() {
  if (stopped_) return;
  wholeMaximum_ = 0;
  Item* body = first_->next;
  if (body->kind != Kind::Data) return;  // trailers alone
  const size_t step = body->step++;
  const FilterStatus status = call(step, *body, true);
  if (stopped_) return;
  if (status == FilterStatus::Done) return stop();
  if (status != FilterStatus::Pause || resumeAsked_) return;
  paused_ = true;
  pausedAt_ = step;
}

}  // namespace headgate::proxy
