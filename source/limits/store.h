#pragma once
// Where clients and the states of their buckets last: the seam that memory, SQLite and PostgreSQL stand behind.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/clock.h"
#include "source/base/error.h"
#include "source/limits/client.h"

namespace headgate::limits {

/// How a write ended. The first three and Deleted are successes; after Unavailable nobody knows whether a change was
/// committed just before the store went away (the change feed will tell), after every other failure nothing changed.
enum class WriteStatus : uint8_t {
  Created,
  Updated,
  Unchanged,  ///< the record says this already; its revision stays
  Deleted,
  NotFound,     ///< Patch or Remove of an id without a record
  Conflict,     ///< Create, and another record stands there
  Stale,        ///< `ifRevision` is not the revision of the record
  Invalid,      ///< Patch: what it would lead to breaks a rule; `message` says which
  Unavailable,  ///< the store is out of reach or refuses; try again after `retryAfter`
};

/// Whether the store holds something else than before.
[[nodiscard]] constexpr bool isChange(WriteStatus status) {
  return status == WriteStatus::Created || status == WriteStatus::Updated || status == WriteStatus::Deleted;
}

/// Some fields of a client; what is not set stays (RFC 7396).
struct ClientPatch {
  std::optional<double> capacity;
  std::optional<double> ratePerSec;
  std::optional<Mode> mode;
  bool clearLabels = false;                                  ///< all of them, before `labels` apply
  std::map<std::string, std::optional<std::string>> labels;  ///< no value: the label is removed
};

/// One change that somebody wants.
struct Write {
  enum class Kind : uint8_t {
    Create,  ///< a new record; Unchanged if one with the same values stands there
    Put,     ///< a new record, or all values of the one that stands there
    Patch,   ///< the fields of `patch`
    Remove,
  };
  Kind kind = Kind::Put;
  Client client;                       ///< the id; for Create and Put the wanted values, which the caller has checked
  ClientPatch patch;                   ///< for Patch
  std::optional<uint64_t> ifRevision;  ///< only if the record has this revision
};

struct WriteResult {
  WriteStatus status = WriteStatus::Unavailable;
  /// The record as committed; at Conflict, Stale, Invalid and Unchanged what stands there (if anything does); at
  /// Deleted what stood there, with the revision of the deletion.
  std::optional<Client> client;
  std::string message;           ///< at Invalid and Unavailable: why, for a person
  base::Duration retryAfter{0};  ///< at Unavailable
};

/// What a batch does to one client.
struct BatchChange {
  WriteStatus status = WriteStatus::Unchanged;  ///< Created, Updated or Unchanged
  std::optional<Client> before;
  Client after;
};

struct BatchResult {
  size_t created = 0;
  size_t updated = 0;
  size_t unchanged = 0;
  std::vector<BatchChange> changes;  ///< when asked for, in the order given
  /// Updated: all is committed. Unchanged: nothing was to be changed, or it was a dry run. Invalid (an id comes twice)
  /// and Unavailable: nothing is committed.
  WriteStatus status = WriteStatus::Unavailable;
  std::string message;
  base::Duration retryAfter{0};
};

/// A batch as the store ran it: the answer, and the records that are new or changed in it.
struct BatchOutcome {
  BatchResult result;
  std::vector<Client> committed;
};

/// A record that is gone, and the revision that removed it.
struct Removal {
  std::string id;
  uint64_t revision = 0;
};

/// What others and we did since some revision: the present state of every record touched, in no order.
struct Changes {
  /// What was asked about is older than the deletions that are remembered, or newer than the store (it was restored
  /// from a backup): everything must be read again. The lists are empty then.
  bool gap = false;
  uint64_t revision = 0;  ///< what the lists lead to
  std::vector<Client> changed;
  std::vector<Removal> removed;
};

/// Which store it is, and how far it has come.
struct StoreHead {
  std::string identity;  ///< made at random with the schema: another database has another one
  uint64_t revision = 0;
};

/// One bucket, to be restored after a restart.
struct BucketCheckpoint {
  std::string id;
  BucketState state;
};

/// What `migrate` did, or would do.
struct MigrationReport {
  uint32_t before = 0;             ///< the version that was found; 0: an empty store
  uint32_t after = 0;              ///< the version of this program
  std::vector<std::string> steps;  ///< "2 buckets", in order; empty: nothing to do
};

/// One durable set of clients with a revision that each change raises, and the bucket states of each node.
///
/// Everything is synchronous and belongs to the store thread (or to a command that runs alone). An error means that
/// the store could not do it now, whoever is at fault: `retryable` says that it may get better by itself (out of reach,
/// locked, full), otherwise a person must act (schema of a newer program, no database, corrupted). After an error
/// nothing of the call is in effect, except that a commit whose answer was lost may have happened. `open` mends.
///
/// Revision: a write takes the writer's lock first and raises the one revision in its transaction, so that revisions
/// appear in the order of commits, and whoever sees revision N sees all changes up to N.
class Store {
 public:
  virtual ~Store() = default;

  /// "memory", "sqlite", "postgres".
  [[nodiscard]] virtual std::string_view kind() const = 0;

  /// Connects if that is needed, brings the schema up to date and proves that a write goes through. Called at start
  /// and again after every error, until it succeeds.
  [[nodiscard]] virtual base::Status open() = 0;

  /// Brings the schema up to date under a lock, connecting if that is needed; a dry run changes nothing and tells what
  /// is missing. A schema that is newer than this program is an error.
  [[nodiscard]] virtual base::Result<MigrationReport> migrate(bool dryRun) = 0;

  [[nodiscard]] virtual base::Result<StoreHead> head() = 0;

  /// Up to `limit` records with id > after, ordered by id; fewer than `limit`: there are no more.
  [[nodiscard]] virtual base::Result<std::vector<Client>> page(std::string_view after, size_t limit) = 0;

  [[nodiscard]] virtual base::Result<Changes> changesSince(uint64_t since) = 0;

  /// `now` becomes the time of the change. The result is never Unavailable; that is what an error means.
  [[nodiscard]] virtual base::Result<WriteResult> write(const Write& write, base::WallTime now) = 0;

  /// Puts all of `clients` in one transaction with one revision.
  [[nodiscard]] virtual base::Result<BatchOutcome> writeBatch(const std::vector<Client>& clients, bool dryRun,
                                                              bool wantChanges, base::WallTime now) = 0;

  /// Forgets deletions that are older than `before`; whoever asks for changes since then gets a gap.
  [[nodiscard]] virtual base::Status forgetRemovals(base::WallTime before) = 0;

  /// The last known states of buckets at `node`, replacing those of the same ids; all or none.
  [[nodiscard]] virtual base::Status saveBuckets(std::string_view node, std::span<const BucketCheckpoint> buckets) = 0;

  /// Drops the states at `node` that are older than `before` and whose clients have no record.
  [[nodiscard]] virtual base::Status forgetBuckets(std::string_view node, base::WallTime before) = 0;

  /// Up to `limit` with id > after, ordered by id.
  [[nodiscard]] virtual base::Result<std::vector<BucketCheckpoint>> bucketPage(std::string_view node,
                                                                               std::string_view after,
                                                                               size_t limit) = 0;

  /// A descriptor that becomes readable when somebody else changed something; -1: none, `changesSince` must be asked
  /// from time to time. It is another one after each `open`.
  [[nodiscard]] virtual int wakeDescriptor() const { return -1; }
  /// Takes what woke: whether somebody else changed something. To be asked after every other call too, since a wake
  /// may come with its answer. An error when the connection is lost.
  [[nodiscard]] virtual base::Result<bool> takeWakes() { return false; }
};

}  // namespace headgate::limits
