#pragma once
// The thread on which the store is used, and what it tells main.

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "source/event/io_watch.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/limits/local_copy.h"
#include "source/limits/store.h"
#include "source/limits/store_stats.h"
#include "source/log/event_log.h"
#include "source/log/log_writer.h"

namespace headgate::limits {

/// Who hears of the store; called on main's loop, in the order in which things happened at the store.
class StoreListener {
 public:
  /// States of this node's buckets before the restart; several calls, before `onReady`.
  virtual void onBuckets(std::vector<BucketCheckpoint> buckets) = 0;
  /// All records follow, in pages ordered by id; whatever is not among them when `onLoadEnd` comes is gone.
  virtual void onLoadBegin() = 0;
  virtual void onPage(std::vector<Client> clients) = 0;
  virtual void onLoadEnd(uint64_t revision) = 0;
  /// Changes by others; also ours a second time.
  virtual void onChanges(Changes changes) = 0;
  /// The store answers, or answers no longer: `error` says why, `retryAt` when it is tried again (monotonic).
  virtual void onContact(bool connected, std::string error, base::MonotonicTime retryAt) = 0;
  /// The store can never be used without a person: a schema of a newer program, a path that cannot be written. Only
  /// before the first success.
  virtual void onUnusable(base::Error error) = 0;

 protected:
  ~StoreListener() = default;
};

/// Runs a Store on a thread of its own and keeps it going.
///
///     Down ──open, prove a write──▶ Loading ──last page──▶ Up        Down, then Up without Loading when the changes
///      ▲ back-off with jitter          │                    │        since the last contact are known
///      └──────────── error ────────────┴────────────────────┘
///
/// While it is Up the changes of others are asked for as soon as the store wakes us and every `pollInterval`; deletions
/// are forgotten after an hour. With a LocalCopy all that is learnt goes there too, and if the store is down when we
/// start, clients and buckets come from it. Made, started, asked and stopped on main; the listener must outlive `stop`.
class StoreThread {
 public:
  struct Options {
    std::string node;
    base::Duration pollInterval = std::chrono::milliseconds(500);
    base::Duration minBackoff = std::chrono::milliseconds(100);
    base::Duration maxBackoff = std::chrono::seconds(5);
    /// How long a bucket without a record is worth keeping: the time in which it is full again. Up to a year.
    base::Duration bucketsKept = std::chrono::hours(1);
  };
  static constexpr base::Duration kRemovalsKept = std::chrono::hours(1);
  static constexpr base::Duration kForgetEvery = std::chrono::minutes(10);
  static constexpr size_t kPage = 10'000;

  /// `copy` may be null. `stats` is a shard of the store thread's own.
  StoreThread(std::unique_ptr<Store> store, std::unique_ptr<LocalCopy> copy, Options options, event::Loop& main,
              StoreListener& listener, log::LogWriter& writer, stats::Shard& stats);
  /// Stops.
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  void start();
  /// `done` runs on main.
  void write(Write write, std::function<void(WriteResult)> done);
  void writeBatch(std::vector<Client> clients, bool dryRun, bool wantChanges, std::function<void(BatchOutcome)> done);
  /// `done` hears whether the store has them; the local copy has them anyway, if it can.
  void saveBuckets(std::shared_ptr<const std::vector<BucketCheckpoint>> buckets, std::function<void(bool saved)> done);
  /// Does what was asked before (while the store is down, only the local copy gets it), then ends the thread; returns
  /// when it has ended. Nobody hears of anything any more.
  void stop();

  /// When the store last did what it was asked; 0: never. Any thread.
  [[nodiscard]] base::MonotonicTime lastContact() const { return lastContact_.load(std::memory_order_relaxed); }

 private:
  enum class State : uint8_t { Down, Loading, Up };

  // All below on the store thread.
  void run();
  void onTick();
  // Down
  void tryOpen();
  void fail(const base::Error& error);
  [[nodiscard]] base::Status catchUp();
  // The first contact, or the lack of it
  void startFromCopy();
  /// All or nothing, so that another try counts nothing twice.
  [[nodiscard]] base::Status restoreBuckets(bool fromStore);
  // Loading
  void beginLoad(const StoreHead& head);
  void loadPage();
  void endLoad();
  // Up
  void goUp();
  void poll();
  void onWake(uint8_t readiness);
  void tell(Changes changes);
  void afterUse();
  void pollSoon();
  [[nodiscard]] base::Status forgetOld();
  void followWithCopy();
  void fillCopy();
  void copyFailed(const base::Error& error);
  void toCopy(std::span<const Client> changed, std::span<const Removal> removed, uint64_t revision);

  [[nodiscard]] WriteResult doWrite(const Write& write);
  [[nodiscard]] BatchOutcome doWriteBatch(const std::vector<Client>& clients, bool dryRun, bool wantChanges);
  [[nodiscard]] bool doSaveBuckets(const std::vector<BucketCheckpoint>& buckets);
  void onOwnChange(std::span<const Client> changed, std::span<const Removal> removed, uint64_t revision);
  void contact();
  [[nodiscard]] base::Duration retryAfter() const;
  template <typename Call>
  void tellMain(Call call);

  event::Loop& main_;
  StoreListener& listener_;
  log::LogWriter& writer_;
  const Options options_;
  event::Loop loop_;
  std::thread thread_;
  // Relaxed: it tells a time and publishes nothing else.
  std::atomic<base::MonotonicTime> lastContact_{0};

  std::unique_ptr<Store> store_;
  std::unique_ptr<LocalCopy> copy_;  ///< null: none
  StoreStats stats_;
  std::unique_ptr<log::EventLog> events_;
  std::unique_ptr<event::IoWatch> wakes_;
  event::Timer timer_;  ///< Down: the next try; Up: the next poll
  State state_ = State::Down;
  std::string identity_;   ///< of the store that was loaded; empty: none was
  bool restored_ = false;  ///< main has the buckets of the last run
  bool copyUsed_ = false;
  bool copyReady_ = false;  ///< it follows, or is as it was when the store was last known
  bool fillQueued_ = false;
  bool pollQueued_ = false;
  uint64_t seen_ = 0;  ///< main knows all changes up to this revision
  uint64_t loadRevision_ = 0;
  std::string loadedUpTo_;
  base::MonotonicTime forgetAt_ = 0;
  unsigned failures_ = 0;  ///< in a row
  std::minstd_rand random_{std::random_device()()};
};

}  // namespace headgate::limits
