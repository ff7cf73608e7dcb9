#pragma once
// All clients that have a record, as this process knows them.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/limits/bucket_table.h"
#include "source/limits/store.h"
#include "source/limits/store_thread.h"
#include "source/stats/shard.h"

namespace headgate::limits {

/// What /ready and /limits say of the store.
struct StoreStatus {
  std::string kind;                ///< "memory", "sqlite", "postgres"
  bool connected = false;          ///< it answered last time
  bool degraded = false;           ///< decisions go on from what is known; writes are refused
  base::Duration sinceContact{0};  ///< since it last did what it was asked, or since the start
  std::string lastError;           ///< while it is not connected
  uint64_t revision = 0;           ///< changes up to this one are known here
  std::string node;
};

/// The truth of this process about clients: what the store holds, put into the bucket table. A write is committed in
/// the store first, then every worker decides by it, then its `done` runs. Changes by other proxies arrive by
/// themselves.
///
/// While the store is down everything that is known stays in force, and writes are Unavailable at once. Reads never
/// wait. Main thread; the loop and the table outlive it, and no callback runs after `stop`.
class ClientRegistry final : private StoreListener {
 public:
  /// Writes that wait for the store at a time; more are Unavailable. A batch counts as one.
  static constexpr size_t kMaxPending = 1024;
  /// How long a start waits for a store that says nothing.
  static constexpr base::Duration kStartPatience = std::chrono::seconds(5);

  ClientRegistry(event::Loop& loop, BucketTable& table, stats::Shard& mainStats);
  ~ClientRegistry();
  ClientRegistry(const ClientRegistry&) = delete;
  ClientRegistry& operator=(const ClientRegistry&) = delete;

  struct Parts {
    std::unique_ptr<Store> store;
    std::unique_ptr<LocalCopy> copy;  ///< may be null
    StoreThread::Options options;
    log::LogWriter& writer;
    stats::Shard& storeStats;  ///< of the store thread's own
  };
  /// Starts the store thread and turns the loop until all clients and buckets are known; after `patience` without news
  /// it goes on with what there is, degraded. An error: the store cannot be used without a person.
  [[nodiscard]] base::Status start(Parts parts, base::Duration patience = kStartPatience);
  /// Ends the store thread after what was asked before.
  void stop();

  /// Null: no record. Valid until the next turn of the loop.
  [[nodiscard]] const Client* find(std::string_view id) const;
  /// Up to `limit` clients with id > after and the prefix, in the order of their ids. Valid until the next turn.
  [[nodiscard]] std::vector<const Client*> list(std::string_view prefix, std::string_view after, size_t limit) const;
  [[nodiscard]] size_t size() const { return clients_.size(); }

  /// `done` runs on the loop, never within the call.
  void write(Write write, std::function<void(const WriteResult&)> done);
  /// All or nothing. The caller has checked each client; an id that comes twice is Invalid.
  void writeBatch(std::vector<Client> clients, bool dryRun, bool wantChanges,
                  std::function<void(const BatchResult&)> done);

  [[nodiscard]] StoreStatus status() const;
  /// Null before `start` and after `stop`; for Checkpoints.
  [[nodiscard]] StoreThread* thread() { return thread_.get(); }

 private:
  struct Entry {
    Client client;
    mutable uint32_t generation = 0;  ///< the load that last saw it; not part of the order
  };
  struct ById {
    using is_transparent = void;
    bool operator()(const Entry& a, const Entry& b) const { return a.client.id < b.client.id; }
    bool operator()(const Entry& a, std::string_view id) const { return a.client.id < id; }
    bool operator()(std::string_view id, const Entry& b) const { return id < b.client.id; }
  };
  using Entries = std::set<Entry, ById>;

  void onBuckets(std::vector<BucketCheckpoint> buckets) override;
  void onLoadBegin() override;
  void onPage(std::vector<Client> clients) override;
  void onLoadEnd(uint64_t revision) override;
  void onChanges(Changes changes) override;
  void onContact(bool connected, std::string error, base::MonotonicTime retryAt) override;
  void onUnusable(base::Error error) override;

  void learn(Client client, Entries::iterator hint);
  void learn(Client client) { learn(std::move(client), clients_.end()); }
  void forget(const Removal& removal);
  void learnFrom(const WriteResult& result);
  void advance(uint64_t revision);
  void onSecond();
  [[nodiscard]] std::optional<std::string> refusal() const;
  [[nodiscard]] base::Duration retryAfter() const;

  event::Loop& loop_;
  BucketTable& table_;
  stats::Gauge size_;
  stats::Gauge degraded_;
  stats::Gauge secondsSinceContact_;
  Entries clients_;
  uint32_t generation_ = 0;
  size_t pending_ = 0;

  log::LogWriter* writer_ = nullptr;  ///< set by `start`
  std::string kind_;
  std::string node_;
  bool connected_ = false;
  std::string lastError_;
  uint64_t revision_ = 0;
  base::MonotonicTime startedAt_ = 0;
  base::MonotonicTime retryAt_ = 0;
  base::MonotonicTime newsAt_ = 0;  ///< when a start last made progress
  std::optional<base::Error> unusable_;
  event::Timer second_;
  std::unique_ptr<StoreThread> thread_;
};

}  // namespace headgate::limits
