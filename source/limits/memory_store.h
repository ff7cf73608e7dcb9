#pragma once
// Clients that last as long as the process: for tests, and for a proxy without a config file.

#include <map>
#include <string>

#include "source/limits/record_store.h"

namespace headgate::limits {

/// See Store. Never fails.
class MemoryStore final : public RecordStore {
 public:
  [[nodiscard]] std::string_view kind() const override { return "memory"; }
  [[nodiscard]] base::Status open() override { return {}; }
  [[nodiscard]] base::Result<MigrationReport> migrate(bool dryRun) override;
  [[nodiscard]] base::Result<StoreHead> head() override { return StoreHead{"memory", revision_}; }
  [[nodiscard]] base::Result<std::vector<Client>> page(std::string_view after, size_t limit) override;
  [[nodiscard]] base::Result<Changes> changesSince(uint64_t since) override;
  [[nodiscard]] base::Status forgetRemovals(base::WallTime before) override;
  [[nodiscard]] base::Status forgetBuckets(std::string_view node, base::WallTime before) override;
  [[nodiscard]] base::Status saveBuckets(std::string_view node, std::span<const BucketCheckpoint> buckets) override;
  [[nodiscard]] base::Result<std::vector<BucketCheckpoint>> bucketPage(std::string_view node, std::string_view after,
                                                                       size_t limit) override;

 private:
  struct Tombstone {
    uint64_t revision = 0;
    base::WallTime at = 0;
  };
  using Buckets = std::map<std::string, BucketState, std::less<>>;

  base::Result<uint64_t> beginWrite() override;
  base::Result<std::vector<std::optional<Client>>> find(std::span<const std::string> ids) override;
  base::Status put(std::span<const Client> clients) override;
  base::Status remove(const std::string& id, uint64_t revision, base::WallTime now) override;
  base::Status commit() override;
  void rollback() override;

  std::map<std::string, Client, std::less<>> clients_;
  std::map<std::string, Tombstone, std::less<>> removed_;
  std::map<std::string, Buckets, std::less<>> buckets_;  ///< by node
  uint64_t revision_ = 0;
  uint64_t forgotten_ = 0;    ///< deletions up to this revision may be forgotten
  std::vector<Client> puts_;  ///< of the open transaction
  std::vector<std::pair<std::string, Tombstone>> removals_;
};

}  // namespace headgate::limits
