#pragma once
// One thread's event loop: readiness, timers, posted closures, and what must happen at the end of a turn.

#include <event2/event_struct.h>

#include <memory>

#include "source/base/arena.h"
#include "source/base/clock.h"
#include "source/base/intrusive_list.h"
#include "source/base/slab_pool.h"
#include "source/event/mailbox.h"
#include "source/event/timer.h"

struct event_base;

namespace headgate::event {

class IoWatch;

/// Something that wants to act once at the end of the current loop turn, however often it was asked for: a connection that flushes.
class TurnTask : private base::ListHook {
 public:
  virtual void runAtTurnEnd() = 0;

 protected:
  TurnTask() = default;
  ~TurnTask() = default;

 private:
  friend class Loop;
  friend class base::IntrusiveList<TurnTask>;
};

/// Something that ends its life at the end of the turn, when nobody's callback is on the stack any more. `dispose` frees it.
class Disposable {
 public:
  virtual void dispose() noexcept = 0;

 protected:
  Disposable() = default;
  ~Disposable() = default;

 private:
  friend class Loop;
  Disposable* nextDoomed_ = nullptr;  ///< null: not doomed; the last one of the list points to itself
};

/// An event_base without locks whose epoll changes are merged per turn (NOLOCK + EPOLL_USE_CHANGELIST), the thread's memory pools, its timer wheel and its mailbox.
/// A turn is: wait, handle readiness, timers and posted tasks, run the TurnTasks, free the doomed. Everything but `post` and `stop` belongs to the thread that runs it.
class Loop {
 public:
  /// `clock` must outlive the loop.
  explicit Loop(const base::Clock& clock);
  Loop() : Loop(realClock()) {}
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Turns until `stop()`.
  void run();
  /// One turn; waits at most until the next event when `block`.
  void runOnce(bool block);
  /// Any thread: ends `run` after the turn in which the request arrives.
  void stop();
  /// Any thread.
  void post(Mailbox::Task task) { mailbox_.post(std::move(task)); }

  /// The time at the start of this turn (of the timer clock).
  [[nodiscard]] base::MonotonicTime now() const { return wheel_.now(); }
  /// The wall clock, read once a turn at most.
  [[nodiscard]] base::WallTime wallNow();
  /// Reads the clock: for latencies within a turn.
  [[nodiscard]] base::MonotonicTime preciseNow() const { return clock_.monotonic(); }

  void atTurnEnd(TurnTask& task) { turnTasks_.pushBack(task); }
  void cancelTurnTask(TurnTask& task) { task.unlink(); }
  /// Frees `object` at the end of the turn; asking twice is once.
  void deferDelete(Disposable& object);

  [[nodiscard]] TimerWheel& timers() { return wheel_; }
  [[nodiscard]] base::SlabPool& slabs() { return slabs_; }
  [[nodiscard]] base::ChunkPool& chunks() { return chunks_; }
  [[nodiscard]] event_base* raw() { return base_.get(); }

 private:
  friend class IoWatch;
  struct BaseDeleter {
    void operator()(event_base* base) const;
  };
  static const base::Clock& realClock();
  void beginTurn();
  void armTimerEvent();
  void endOfTurn();

  const base::Clock& clock_;
  base::SlabPool slabs_;
  base::ChunkPool chunks_;
  TimerWheel wheel_;
  Mailbox mailbox_;
  std::unique_ptr<event_base, BaseDeleter> base_;
  std::unique_ptr<IoWatch> mailboxWatch_;
  ::event timerEvent_;
  base::MonotonicTime timerEventAt_ = 0;  ///< what timerEvent_ is armed for; 0 = it is not
  base::IntrusiveList<TurnTask> turnTasks_;
  Disposable* doomed_ = nullptr;
  base::WallTime wall_ = 0;
  bool turnBegun_ = false;
  bool stopped_ = false;
};

}  // namespace headgate::event
