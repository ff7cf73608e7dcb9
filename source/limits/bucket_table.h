#pragma once
// The buckets of all clients of the process: one a client, whatever worker, route or listener its requests come by.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/clock.h"
#include "source/limits/client.h"
#include "source/limits/client_entry.h"
#include "source/limits/token_bucket.h"

namespace headgate::limits {

class TableView;

/// What the table knows of one id.
struct BucketView {
  LimitSpec limit;
  Mode mode = Mode::Enforce;
  bool hasRecord = false;
  BucketState state;             ///< as of now
  base::Duration retryAfter{0};  ///< until one token is there; Terms::kNever: it never will be
};

enum class TopBy : uint8_t {
  Denied,     ///< most refusals
  Allowed,    ///< most admitted
  NearLimit,  ///< least of their capacity left, empty ones first
};

struct TopEntry {
  std::string id;
  BucketView bucket;
};

struct TableFacts {
  size_t tracked = 0;  ///< buckets in the table
  size_t records = 0;  ///< of them, those with a record
  size_t maxTracked = 0;
  uint64_t dropped = 0;     ///< full buckets that made room, since the start
  uint64_t overflowed = 0;  ///< decisions by the shared bucket, since the start
  size_t bytes = 0;         ///< of memory, for entries, ids and chains
};

/// The shared table. At most `maxTracked` buckets, beyond which a new client makes room by dropping a bucket that is
/// full and has no record (which loses nothing: it would come back full), or shares the overflow bucket, which has the
/// default limit. Clients with a record are always held, also beyond `maxTracked`.
///
/// Workers decide through a TableView, without a lock if the client has a bucket. All methods here are main's; on their
/// return every worker decides by what they did. They take the lock, which workers take too when they add or drop a
/// bucket, and never hold it for longer than 64 buckets.
///
/// Reclamation: a view says at which epoch it began to look; a dropped entry is used again only when every view that
/// could have reached it is done. Memory of entries is freed with the table alone. Outlives the workers and their
/// views.
class BucketTable {
 public:
  /// `clock`: monotonic for buckets, wall for what is stored; must outlive the table.
  BucketTable(const LimitSpec& defaults, size_t maxTracked, const base::Clock& clock);
  ~BucketTable();
  BucketTable(const BucketTable&) = delete;
  BucketTable& operator=(const BucketTable&) = delete;

  /// A record exists or has changed: its limit and mode apply from now on, tokens earned so far stay. A client without
  /// a bucket gets a full one.
  void define(const Client& client);
  /// The record is gone: the default applies, tokens stay (a lower capacity clamps).
  void undefine(std::string_view id);
  /// Full again; false: there is no such bucket.
  bool reset(std::string_view id);
  /// Puts back what was stored, at start: tokens are refilled by the wall time since `state.at`, below 0 counts as 0.
  /// `define` may come before or after. What was used of the bucket until now is used of what is put back; totals add
  /// up.
  void restore(std::string_view id, const BucketState& state);
  /// All records are defined: a later `define` is a change, not what a restored bucket waits for.
  void endRestore();
  void setDefaults(const LimitSpec& limit);
  [[nodiscard]] LimitSpec defaults() const;

  /// Any bucket, with or without a record; nothing if there is none.
  [[nodiscard]] std::optional<BucketView> look(std::string_view id) const;
  /// Calls `visit` for each bucket that was used, defined, reset or restored since the last call: for checkpoints.
  /// `visit` may call the table.
  void forEachChanged(const std::function<void(std::string_view id, const BucketState& state)>& visit);
  /// The first `n` by that order; looks at every bucket (about 50 ns each).
  [[nodiscard]] std::vector<TopEntry> top(TopBy by, size_t n) const;
  [[nodiscard]] TableFacts facts() const;

 private:
  friend class TableView;

  /// Chains by hash. An array that was outgrown is kept until the end: a view may still be in it.
  struct Heads {
    explicit Heads(size_t count);
    std::unique_ptr<std::atomic<uint32_t>, void (*)(void*)> heads;
    uint32_t mask;
  };
  struct Retired {
    uint32_t reference;
    uint64_t epoch;
  };
  /// A bucket that was restored before it was defined, as it was left.
  struct Restored {
    BucketState state;
    TokenBucket::State left;
  };

  static constexpr uint32_t kGroup = 64;                        ///< buckets a hold of the lock
  static constexpr uint32_t kDropTries = 64;                    ///< looked at for a full one
  static constexpr size_t kReclaimAt = 64;                      ///< retired entries worth a look at the views
  static constexpr size_t kMaxRetired = 16 * 1024;              ///< beyond it a view is stuck, and nothing is dropped
  static constexpr base::MonotonicTime kNoRoomFor = 1'000'000;  ///< ns without another search after one was in vain

  [[nodiscard]] uint32_t hashOf(std::string_view id) const;
  // Any thread, within a view's pin or under the lock.
  [[nodiscard]] ClientEntry* find(uint32_t hash, std::string_view id) const;

  // A worker, within its pin: finds again under the lock, or adds; null: the overflow bucket.
  ClientEntry* findOrAdd(uint32_t hash, std::string_view id, base::MonotonicTime now);
  [[nodiscard]] ClientEntry* findLocked(uint32_t hash, std::string_view id) const;

  // Under the lock.
  ClientEntry* add(uint32_t hash, std::string_view id, const Terms& terms, base::MonotonicTime now);
  bool dropOne(base::MonotonicTime now);
  void unlink(ClientEntry& entry);
  void reclaim();
  void grow();
  void link(const Heads& heads, ClientEntry& entry);
  ClientEntry& findOrAddAlways(std::string_view id, const Terms& terms, base::MonotonicTime now);
  void change(ClientEntry& entry, const Terms& terms, base::MonotonicTime now, const Restored* restored = nullptr);
  /// What `state` has become by now.
  [[nodiscard]] Units refilled(const Terms& terms, const BucketState& state) const;
  [[nodiscard]] BucketView view(const ClientEntry& entry, base::MonotonicTime now) const;
  [[nodiscard]] BucketState stateOf(const ClientEntry& entry, const TokenBucket::State& state,
                                    base::MonotonicTime now) const;
  /// Calls `visit(ClientEntry&)` for each bucket, the lock held for kGroup at a time.
  template <typename Visit>
  void forEach(Visit&& visit) const;

  const base::Clock& clock_;
  const size_t maxTracked_;
  const uint64_t seed_;

  mutable std::mutex mutex_;
  EntryPool pool_;
  std::atomic<const Heads*> heads_;
  std::vector<std::unique_ptr<const Heads>> allHeads_;
  std::atomic<uint64_t> moves_{
      0};  ///< odd while entries move to other chains: who found nothing then must look again under the lock
  std::atomic<uint64_t> epoch_{1};
  std::vector<const TableView*> views_;
  std::vector<Retired> retired_;
  std::map<std::string, Restored, std::less<>> restored_;
  Terms defaults_;
  TokenBucket overflow_;
  uint32_t hand_ = 0;  ///< where the search for a full bucket goes on
  std::atomic<size_t> tracked_{0};
  size_t records_ = 0;
  uint64_t dropped_ = 0;
  std::atomic<uint64_t> overflowed_{0};
  std::atomic<base::MonotonicTime> noRoomUntil_{0};
};

/// A decision about one request, and the numbers that it was made from.
struct Decision {
  enum class Verdict : uint8_t {
    Admitted,  ///< the cost is taken
    Refused,   ///< the bucket has too little; nothing is taken. Mode::Shadow: admit it all the same
    Blocked,   ///< Mode::Block
    Exempt,    ///< Mode::Off
    Unknown,   ///< no record, and only a record was asked for
  };
  Verdict verdict;
  bool overflow = false;  ///< the shared bucket decided
  Units cost;
  TokenBucket::State bucket;  ///< after the decision

  /// How long until the cost would be there; Terms::kNever if it never will be. For refusals.
  [[nodiscard]] base::Duration retryAfter() const { return bucket.terms.waitFor(cost, bucket.level, bucket.at); }
};

/// A worker's door to the table. Made on any thread, then used by one; must end before the table.
class TableView {
 public:
  explicit TableView(BucketTable& table);
  ~TableView();
  TableView(const TableView&) = delete;
  TableView& operator=(const TableView&) = delete;

  enum class IfUnknown : uint8_t {
    Track,  ///< a client without a record has a bucket of the default limit
    Leave,  ///< Verdict::Unknown, and nothing is kept
  };
  /// Check and take. `id`: 1 to kMaxIdBytes bytes. `now`: the monotonic clock, may lag behind what others have seen.
  [[nodiscard]] Decision take(std::string_view id, Units cost, base::MonotonicTime now, IfUnknown ifUnknown);
  /// What `take` says of a client without a record that is to be left alone, without looking for one.
  [[nodiscard]] Decision unknown(Units cost, base::MonotonicTime now) const;

 private:
  friend class BucketTable;
  class Pin;

  Decision noted(ClientEntry& entry, const Decision& decision, base::MonotonicTime now);
  [[nodiscard]] Decision overflow(Units cost, base::MonotonicTime now);

  BucketTable& table_;
  /// The epoch at which this view began to look, 0 while it does not. A line of its own: workers write theirs at every
  /// decision.
  alignas(64) std::atomic<uint64_t> pinned_{0};
};

}  // namespace headgate::limits
