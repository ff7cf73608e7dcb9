#include "source/upstream/knock.h"

namespace headgate::upstream {

Knock::Knock(event::Loop& loop, const net::Address& address, std::function<void()> accepted)
    : accepted_(std::move(accepted)),
      probe_(loop, address, config_, *this),
      timer_(loop.timers(), this, event::timerCallback<&Knock::onTimer>) {
  timer_.after(kPause);
}

void Knock::onProbeDone(std::optional<std::string> failure) {
  done_ = !failure;
  // Not at once: the probe's own callback is on the stack.
  timer_.after(done_ ? base::Duration(1) : kPause);
}

void Knock::onTimer() {
  if (done_) return accepted_();
  probe_.start();
}

}  // namespace headgate::upstream
