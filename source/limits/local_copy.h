#pragma once
// The last known clients of a remote store, on this machine.

#include <span>
#include <string>
#include <vector>

#include "source/limits/sqlite_store.h"

namespace headgate::limits {

/// A SQLite file that follows a store which may be out of reach when we start. It is never written to by anybody but
/// this follower, so losing it costs nothing but that start. What goes wrong with it is a Status for a warning: it
/// never keeps the store itself from being used. The store thread's.
class LocalCopy {
 public:
  explicit LocalCopy(std::string path) : store_(std::move(path), SqliteStore::Sync::Normal) {}

  /// An error when the file cannot be used at all; a file of a newer program or a corrupted one too.
  [[nodiscard]] base::Status open() { return store_.open(); }

  /// Pages of what it has, as from a Store.
  [[nodiscard]] base::Result<std::vector<Client>> page(std::string_view after, size_t limit) {
    return store_.page(after, limit);
  }
  [[nodiscard]] base::Result<std::vector<BucketCheckpoint>> bucketPage(std::string_view node, std::string_view after,
                                                                       size_t limit) {
    return store_.bucketPage(node, after, limit);
  }
  [[nodiscard]] base::Status saveBuckets(std::string_view node, std::span<const BucketCheckpoint> buckets) {
    return store_.saveBuckets(node, buckets);
  }
  [[nodiscard]] base::Status forgetBuckets(std::string_view node, base::WallTime before) {
    return store_.forgetBuckets(node, before);
  }

  /// Makes it follow `source`, which is at the revision of `head`: takes the changes since it last did. True: it has
  /// all of them. False: it has been emptied, and `fill` must bring every record, page by page.
  [[nodiscard]] base::Result<bool> follow(Store& source, const StoreHead& head);
  /// One more page of `source`; true after the last one.
  [[nodiscard]] base::Result<bool> fill(Store& source, size_t limit);
  [[nodiscard]] bool filling() const { return filling_; }

  /// What happened since. `revision` is not taken while it is being filled.
  [[nodiscard]] base::Status apply(std::span<const Client> changed, std::span<const Removal> removed,
                                   uint64_t revision);

 private:
  SqliteStore store_;
  bool filling_ = false;
  std::string filledUpTo_;
  uint64_t revision_ = 0;  ///< of what was applied
};

}  // namespace headgate::limits
