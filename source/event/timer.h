#pragma once
// Timers that cost nothing when they are moved: a hashed wheel of lazily checked deadlines.

#include <array>
#include <cstdint>

#include "source/base/clock.h"
#include "source/base/intrusive_list.h"

namespace headgate::event {

class TimerWheel;

/// A deadline with a callback. Moving it later (the common case: "the connection was just used") only stores the new time; the wheel looks again when the old slot
/// comes round. 56 bytes. Destroying it cancels it. Thread of its wheel only.
class Timer : private base::ListHook {
 public:
  using Callback = void (*)(void* self);

  Timer(TimerWheel& wheel, void* self, Callback callback) : wheel_(wheel), self_(self), callback_(callback) {}

  /// Fires once, at the first tick at or after `when`; replaces an earlier setting. 0 cancels.
  void at(base::MonotonicTime when);
  /// `delay` from the loop's cached now; 0 or less cancels.
  void after(base::Duration delay);
  void cancel() { when_ = 0; }
  [[nodiscard]] bool armed() const { return when_ != 0; }
  [[nodiscard]] base::MonotonicTime when() const { return when_; }

 private:
  friend class TimerWheel;
  friend class base::IntrusiveList<Timer>;

  TimerWheel& wheel_;
  void* self_;
  Callback callback_;
  base::MonotonicTime when_ = 0;
  int64_t slotTick_ = 0;  ///< the tick whose slot the hook is in
};

/// Makes the callback of a member function: `Timer timer_{wheel, this, timerCallback<&Session::onIdle>}`.
namespace detail {
template <typename T>
T* classOf(void (T::*)());
}
template <auto Method>
void timerCallback(void* self) {
  using T = std::remove_pointer_t<decltype(detail::classOf(Method))>;
  (static_cast<T*>(self)->*Method)();
}

/// 1024 slots of 8 ms. O(1) to set, move and cancel; a deadline over one turn (8.2 s) is looked at once a turn. `advance` is driven by the loop.
class TimerWheel {
 public:
  static constexpr base::MonotonicTime kTick = 8'000'000;
  static constexpr size_t kSlots = 1024;

  /// Fires what is due at `now`. Timers may be set, moved, cancelled and destroyed from callbacks.
  void advance(base::MonotonicTime now);
  /// When `advance` must be called next for nothing to be late; 0 = no timer is set.
  [[nodiscard]] base::MonotonicTime nextWake() const;
  /// The time that `after` counts from; set by the loop at the start of each turn.
  void setNow(base::MonotonicTime now) { now_ = now; }
  [[nodiscard]] base::MonotonicTime now() const { return now_; }

 private:
  friend class Timer;
  void insert(Timer& timer);
  void fireSlot(size_t index, int64_t tick, base::MonotonicTime now);

  std::array<base::IntrusiveList<Timer>, kSlots> slots_;
  std::array<uint64_t, kSlots / 64> occupied_{};  ///< may say yes for a slot that has emptied since; never no for a full one
  int64_t doneTick_ = 0;                          ///< all slots up to this tick have been looked at
  base::MonotonicTime now_ = 0;
};

inline void Timer::after(base::Duration delay) { at(delay.count() <= 0 ? 0 : wheel_.now() + delay.count()); }

}  // namespace headgate::event
