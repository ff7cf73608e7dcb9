#include "source/event/io_watch.h"

#include <event2/event.h>

#include "source/event/loop.h"

namespace headgate::event {

IoWatch::IoWatch(Loop& loop, int fd, void* self, Callback callback) : loop_(loop), self_(self), callback_(callback) {
  event_assign(&event_, loop.raw(), fd, EV_PERSIST, &IoWatch::trampoline, this);
}

IoWatch::~IoWatch() {
  if (wanted_ != 0) event_del(&event_);
}

void IoWatch::want(uint8_t readiness) {
  if (readiness == wanted_) return;
  const int fd = event_get_fd(&event_);
  if (wanted_ != 0) event_del(&event_);
  wanted_ = readiness;
  if (readiness == 0) return;
  // An error makes a descriptor readable and writable, too.
  const auto what = static_cast<short>(EV_PERSIST | ((readiness & kReadable) != 0 ? EV_READ : 0) |
                                       ((readiness & kWritable) != 0 ? EV_WRITE : 0) |
                                       ((readiness & kError) != 0 ? EV_READ | EV_ET : 0));
  event_assign(&event_, loop_.raw(), fd, what, &IoWatch::trampoline, this);
  event_add(&event_, nullptr);
}

void IoWatch::trampoline(int /*fd*/, short what, void* self) {
  auto* watch = static_cast<IoWatch*>(self);
  watch->loop_.beginTurn();
  if ((watch->wanted_ & kError) != 0) return watch->callback_(watch->self_, kError);
  const auto readiness = static_cast<uint8_t>(((what & EV_READ) != 0 ? kReadable : 0) | ((what & EV_WRITE) != 0 ? kWritable : 0));
  watch->callback_(watch->self_, readiness);
}

}  // namespace headgate::event
