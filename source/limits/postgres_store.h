#pragma once
// Clients in a PostgreSQL database that several proxies share.

#include <optional>
#include <string>

#include "source/limits/postgres.h"
#include "source/limits/record_store.h"

namespace headgate::limits {

/// See Store. Writers wait for one another at the one row of headgate_state; a commit wakes all proxies through
/// LISTEN / NOTIFY on the channel "headgate_clients", which may lose a wake: `changesSince` is the guarantee. A
/// statement may take 10 s, the wait for another writer 3 s, and a proxy that stops within a transaction loses it after
/// 10 s.
class PostgresStore final : public RecordStore {
 public:
  explicit PostgresStore(std::string dsn, std::chrono::milliseconds patience = postgres::Connection::kPatience)
      : dsn_(std::move(dsn)), patience_(patience) {}

  [[nodiscard]] std::string_view kind() const override { return "postgres"; }
  [[nodiscard]] base::Status open() override;
  [[nodiscard]] base::Result<MigrationReport> migrate(bool dryRun) override;
  [[nodiscard]] base::Result<StoreHead> head() override;
  [[nodiscard]] base::Result<std::vector<Client>> page(std::string_view after, size_t limit) override;
  [[nodiscard]] base::Result<Changes> changesSince(uint64_t since) override;
  [[nodiscard]] base::Status forgetRemovals(base::WallTime before) override;
  [[nodiscard]] base::Status forgetBuckets(std::string_view node, base::WallTime before) override;
  [[nodiscard]] base::Status saveBuckets(std::string_view node, std::span<const BucketCheckpoint> buckets) override;
  [[nodiscard]] base::Result<std::vector<BucketCheckpoint>> bucketPage(std::string_view node, std::string_view after,
                                                                       size_t limit) override;
  [[nodiscard]] int wakeDescriptor() const override { return connection_ ? connection_->descriptor() : -1; }
  [[nodiscard]] base::Result<bool> takeWakes() override;

 private:
  base::Result<uint64_t> beginWrite() override;
  base::Result<std::vector<std::optional<Client>>> find(std::span<const std::string> ids) override;
  base::Status put(std::span<const Client> clients) override;
  base::Status remove(const std::string& id, uint64_t revision, base::WallTime now) override;
  base::Status commit() override;
  void rollback() override;

  base::Status connect();
  base::Result<uint32_t> version();
  base::Status applySteps(uint32_t found);
  base::Status saveChunk(std::string_view node, std::span<const BucketCheckpoint> buckets);
  base::Result<Changes> readChanges(uint64_t since);
  template <typename Work>
  base::Status within(const std::string& begin, Work&& work);
  [[nodiscard]] base::Result<postgres::Rows> query(const std::string& sql,
                                                   std::initializer_list<postgres::Parameter> parameters = {});
  [[nodiscard]] base::Status run(const std::string& sql, std::initializer_list<postgres::Parameter> parameters = {});

  const std::string dsn_;
  const std::chrono::milliseconds patience_;
  std::optional<postgres::Connection> connection_;
};

}  // namespace headgate::limits
