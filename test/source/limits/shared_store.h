#pragma once
// A store in memory that several registries share and a test can break: a database without a database.

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "source/limits/memory_store.h"

namespace headgate::limits {

/// What SharedStores lead to. Any thread.
struct SharedData {
  std::mutex mutex;
  MemoryStore store;               ///< under `mutex`
  std::string identity = "first";  ///< under `mutex`
  std::atomic<bool> down{false};
  std::atomic<bool> readOnly{false};
  std::atomic<bool> unusable{false};
  std::atomic<bool> bucketsDown{false};  ///< saved buckets alone cannot be read
  std::atomic<int> pages{0};             ///< asked for
  std::atomic<int> changes{0};           ///< asked for
};

class SharedStore final : public Store {
 public:
  explicit SharedStore(std::shared_ptr<SharedData> data) : data_(std::move(data)) {}

  std::string_view kind() const override { return "shared"; }
  base::Status open() override {
    if (data_->unusable)
      return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, "/no/such/place: cannot be written");
    if (data_->readOnly) return broken("read-only");
    return use([](MemoryStore&) { return base::Status(); });
  }
  base::Result<MigrationReport> migrate(bool) override { return MigrationReport{}; }
  base::Result<StoreHead> head() override {
    return use([this](MemoryStore& store) -> base::Result<StoreHead> {
      return StoreHead{data_->identity, store.head()->revision};
    });
  }
  base::Result<std::vector<Client>> page(std::string_view after, size_t limit) override {
    ++data_->pages;
    return use([&](MemoryStore& store) { return store.page(after, limit); });
  }
  base::Result<Changes> changesSince(uint64_t since) override {
    ++data_->changes;
    return use([&](MemoryStore& store) { return store.changesSince(since); });
  }
  base::Result<WriteResult> write(const Write& write, base::WallTime now) override {
    if (data_->readOnly) return broken("read-only");
    return use([&](MemoryStore& store) { return store.write(write, now); });
  }
  base::Result<BatchOutcome> writeBatch(const std::vector<Client>& clients, bool dryRun, bool wantChanges,
                                        base::WallTime now) override {
    return use([&](MemoryStore& store) { return store.writeBatch(clients, dryRun, wantChanges, now); });
  }
  base::Status forgetRemovals(base::WallTime before) override {
    return use([&](MemoryStore& store) { return store.forgetRemovals(before); });
  }
  base::Status saveBuckets(std::string_view node, std::span<const BucketCheckpoint> buckets) override {
    return use([&](MemoryStore& store) { return store.saveBuckets(node, buckets); });
  }
  base::Status forgetBuckets(std::string_view node, base::WallTime before) override {
    return use([&](MemoryStore& store) { return store.forgetBuckets(node, before); });
  }
  base::Result<std::vector<BucketCheckpoint>> bucketPage(std::string_view node, std::string_view after,
                                                         size_t limit) override {
    if (data_->bucketsDown) return broken("no buckets");
    return use([&](MemoryStore& store) { return store.bucketPage(node, after, limit); });
  }

 private:
  static tl::unexpected<base::Error> broken(const char* why) {
    return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, why, true);
  }
  template <typename Call>
  auto use(Call&& call) -> decltype(call(std::declval<MemoryStore&>())) {
    if (data_->down) return broken("out of reach");
    const std::scoped_lock lock(data_->mutex);
    return call(data_->store);
  }

  std::shared_ptr<SharedData> data_;
};

}  // namespace headgate::limits
