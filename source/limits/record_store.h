#pragma once
// How every store writes: one transaction, the revision first, then the records.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "source/limits/store.h"

namespace headgate::limits {

/// Implements `write` and `writeBatch` over the few steps that differ between databases, so that all stores behave the
/// same by construction. The store thread's.
class RecordStore : public Store {
 public:
  [[nodiscard]] base::Result<WriteResult> write(const Write& write, base::WallTime now) final;
  [[nodiscard]] base::Result<BatchOutcome> writeBatch(const std::vector<Client>& clients, bool dryRun, bool wantChanges,
                                                      base::WallTime now) final;

 protected:
  /// Records that are read or written by one statement.
  static constexpr size_t kChunk = 2000;

  /// Begins a transaction, takes the lock of writers and raises the revision; the new one.
  [[nodiscard]] virtual base::Result<uint64_t> beginWrite() = 0;
  /// The records of `ids`, one each in their order. Within a transaction.
  [[nodiscard]] virtual base::Result<std::vector<std::optional<Client>>> find(std::span<const std::string> ids) = 0;
  /// Creates or replaces; drops the deletions of these ids that are remembered.
  [[nodiscard]] virtual base::Status put(std::span<const Client> clients) = 0;
  /// Removes one that exists and remembers that.
  [[nodiscard]] virtual base::Status remove(const std::string& id, uint64_t revision, base::WallTime now) = 0;
  [[nodiscard]] virtual base::Status commit() = 0;
  /// After an error as well, when there may be no transaction any more.
  virtual void rollback() = 0;

 private:
  base::Result<WriteResult> writeWithin(const Write& write, uint64_t revision, base::WallTime now);
  base::Status putChunk(std::span<const Client> clients, uint64_t revision, bool wantChanges, base::WallTime now,
                        BatchOutcome& outcome);
};

}  // namespace headgate::limits
