#pragma once
// Clients in one SQLite file: the embedded default.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "source/limits/record_store.h"
#include "source/limits/sqlite.h"

namespace headgate::limits {

/// See Store. WAL; a commit is on the disk when it is answered. One process should write the file; another that reads
/// or writes it now and then (a backup, sqlite3) is waited for up to a second.
class SqliteStore final : public RecordStore {
 public:
  enum class Sync : uint8_t {
    Full,    ///< what is committed survives a power cut
    Normal,  ///< it survives a crash of the process; the last commits may be lost with the power
  };

  explicit SqliteStore(std::string path, Sync sync = Sync::Full);
  ~SqliteStore() override;

  [[nodiscard]] std::string_view kind() const override { return "sqlite"; }
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

  // For a copy of another store; see LocalCopy.

  /// The identity of the store that this is a copy of; empty: of none.
  [[nodiscard]] base::Result<std::string> copyOf();
  /// Removes all clients and makes it a copy of `identity` at revision 0.
  [[nodiscard]] base::Status beginCopy(const std::string& identity);
  /// Stores records with the revisions that they have, and sets the revision if one is given.
  [[nodiscard]] base::Status mirror(std::span<const Client> changed, std::span<const Removal> removed,
                                    std::optional<uint64_t> revision);

 private:
  struct Statements;

  base::Result<uint64_t> beginWrite() override;
  base::Result<std::vector<std::optional<Client>>> find(std::span<const std::string> ids) override;
  base::Status put(std::span<const Client> clients) override;
  base::Status remove(const std::string& id, uint64_t revision, base::WallTime now) override;
  base::Status commit() override;
  void rollback() override;

  base::Status connect(sqlite::Database::Create create);
  base::Result<uint32_t> version();
  base::Status applySteps(uint32_t found);
  base::Status prepareStatements();
  base::Status proveWrite();
  base::Result<Changes> readChanges(uint64_t since);
  base::Status within(const char* begin, const std::function<base::Status()>& work);
  [[nodiscard]] tl::unexpected<base::Error> closed() const;

  const std::string path_;
  const Sync sync_;
  std::optional<sqlite::Database> database_;
  std::unique_ptr<Statements> statements_;  ///< made when the schema is there
};

}  // namespace headgate::limits
