#include "source/event/timer.h"

#include <algorithm>
#include <bit>

namespace headgate::event {

void Timer::at(base::MonotonicTime when) {
  when_ = when;
  if (when == 0) return;
  // In a slot already, and that slot is not too late: it will look at the new time.
  if (linked() && slotTick_ * TimerWheel::kTick <= when) return;
  wheel_.insert(*this);
}

void TimerWheel::insert(Timer& timer) {
  int64_t tick = (timer.when_ + kTick - 1) / kTick;
  if (doneTick_ == 0) doneTick_ = now_ / kTick;
  tick = std::clamp(tick, doneTick_ + 1, doneTick_ + static_cast<int64_t>(kSlots) - 1);
  timer.slotTick_ = tick;
  const auto index = static_cast<size_t>(tick) % kSlots;
  slots_[index].pushBack(timer);
  occupied_[index / 64] |= uint64_t{1} << (index % 64);
}

void TimerWheel::advance(base::MonotonicTime now) {
  now_ = now;
  const int64_t nowTick = now / kTick;
  if (doneTick_ == 0) doneTick_ = nowTick;
  // After a long sleep one whole turn sees every slot.
  const int64_t first = std::max(doneTick_ + 1, nowTick - static_cast<int64_t>(kSlots) + 1);
  for (int64_t tick = first; tick <= nowTick; ++tick) {
    const auto index = static_cast<size_t>(tick) % kSlots;
    const uint64_t bit = uint64_t{1} << (index % 64);
    doneTick_ = tick;
    if ((occupied_[index / 64] & bit) == 0) continue;
    occupied_[index / 64] &= ~bit;
    fireSlot(index, tick, now);
  }
}

void TimerWheel::fireSlot(size_t index, int64_t /*tick*/, base::MonotonicTime now) {
  // Moved aside first: callbacks may set timers that belong into this very slot for the next turn.
  base::IntrusiveList<Timer> due;
  due.splice(slots_[index]);
  while (!due.empty()) {
    Timer& timer = due.popFront();
    if (timer.when_ == 0) continue;
    if (timer.when_ > now) {
      insert(timer);
      continue;
    }
    timer.when_ = 0;
    timer.callback_(timer.self_);
  }
}

base::MonotonicTime TimerWheel::nextWake() const {
  const auto start = static_cast<size_t>(doneTick_ + 1) % kSlots;
  for (size_t step = 0; step <= kSlots / 64; ++step) {
    const size_t word = (start / 64 + step) % (kSlots / 64);
    uint64_t bits = occupied_[word];
    if (step == 0) bits &= ~uint64_t{0} << (start % 64);
    if (step == kSlots / 64) bits &= (uint64_t{1} << (start % 64)) - 1;
    if (bits == 0) continue;
    const size_t index = word * 64 + static_cast<size_t>(std::countr_zero(bits));
    const size_t ahead = (index + kSlots - start) % kSlots;
    return (doneTick_ + 1 + static_cast<int64_t>(ahead)) * kTick;
  }
  return 0;
}

}  // namespace headgate::event
