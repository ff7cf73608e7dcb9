#include "source/event/loop.h"

#include <event2/event.h>

#include <algorithm>
#include <stdexcept>

#include "source/event/io_watch.h"

namespace headgate::event {
namespace {

event_base* makeBase() {
  event_config* config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
  event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);  // the loop keeps its own time
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  if (base == nullptr) throw std::runtime_error("libevent has no usable backend");
  return base;
}

}  // namespace

void Loop::BaseDeleter::operator()(event_base* base) const { event_base_free(base); }

const base::Clock& Loop::realClock() {
  static const base::RealClock clock;
  return clock;
}

Loop::Loop(const base::Clock& clock) : clock_(clock), base_(makeBase()) {
  wheel_.advance(clock_.monotonic());
  mailboxWatch_ = std::make_unique<IoWatch>(*this, mailbox_.fd(), this,
                                            [](void* self, uint8_t) { static_cast<Loop*>(self)->mailbox_.runAll(); });
  mailboxWatch_->want(kReadable);
  evtimer_assign(
      &timerEvent_, base_.get(), [](int, short, void* self) { static_cast<Loop*>(self)->timerEventAt_ = 0; }, this);
}

Loop::~Loop() {
  endOfTurn();
  mailboxWatch_.reset();
  if (timerEventAt_ != 0) event_del(&timerEvent_);
}

void Loop::run() {
  stopped_ = false;
  while (!stopped_) runOnce(true);
}

void Loop::runOnce(bool block) {
  turnBegun_ = false;
  armTimerEvent();
  event_base_loop(base_.get(), block ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
  beginTurn();
  // After the readiness callbacks: what arrived in time is not late.
  wheel_.advance(wheel_.now());
  endOfTurn();
}

// libevent offers no hook between the wait and the callbacks, so the first callback of a turn reads the clock.
void Loop::beginTurn() {
  if (turnBegun_) return;
  turnBegun_ = true;
  wheel_.setNow(clock_.monotonic());
  wall_ = 0;
}

// Armed only when an earlier wake-up is needed than the one that is armed: a busy loop hardly ever does.
void Loop::armTimerEvent() {
  const base::MonotonicTime wake = wheel_.nextWake();
  if (wake == 0 || (timerEventAt_ != 0 && timerEventAt_ <= wake)) return;
  timerEventAt_ = wake;
  const base::MonotonicTime delay = std::max<base::MonotonicTime>(wake - clock_.monotonic(), 0) / 1000;
  const timeval interval{delay / 1'000'000, delay % 1'000'000};
  evtimer_add(&timerEvent_, &interval);
}

void Loop::stop() {
  post([this] { stopped_ = true; });
}

void Loop::deferDelete(Disposable& object) {
  if (object.nextDoomed_ != nullptr) return;
  object.nextDoomed_ = doomed_ == nullptr ? &object : doomed_;
  doomed_ = &object;
}

base::WallTime Loop::wallNow() {
  if (wall_ == 0) wall_ = clock_.wall();
  return wall_;
}

void Loop::endOfTurn() {
  do {
    // A task may ask for another one; those too run in this turn.
    while (!turnTasks_.empty()) turnTasks_.popFront().runAtTurnEnd();
    Disposable* list = doomed_;
    doomed_ = nullptr;
    while (list != nullptr) {
      Disposable* next = list->nextDoomed_ == list ? nullptr : list->nextDoomed_;
      list->dispose();
      list = next;
    }
  } while (!turnTasks_.empty() || doomed_ != nullptr);
}

}  // namespace headgate::event
