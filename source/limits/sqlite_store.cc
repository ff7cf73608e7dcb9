#include "source/limits/sqlite_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <utility>

#include "source/limits/migrations.h"
#include "source/limits/record_text.h"

namespace headgate::limits {
namespace {

using sqlite::Database;
using sqlite::Statement;

// How long another process's lock is waited for; the next try comes by the store thread's back-off.
constexpr int kBusyTimeoutMs = 1000;
constexpr const char* kBegin = "BEGIN";
constexpr const char* kBeginWrite = "BEGIN IMMEDIATE";

constexpr std::string_view kColumns = "id, capacity, rate_per_sec, mode, labels, revision, created_at, updated_at";

Client readClient(const Statement& row) {
  Client client;
  client.id = row.text(0);
  client.limit.capacity = row.real(1);
  client.limit.ratePerSec = row.real(2);
  client.mode = modeOf(row.text(3));
  client.labels = parseLabels(row.text(4));
  client.revision = static_cast<uint64_t>(row.integer(5));
  client.createdAt = row.integer(6);
  client.updatedAt = row.integer(7);
  return client;
}

template <typename Each>
base::Status forEachRow(Statement& statement, Each&& each) {
  while (true) {
    const auto row = statement.step();
    if (!row) return tl::unexpected(row.error());
    if (!*row) return {};
    each(statement);
  }
}

base::Status readClients(Statement& statement, std::vector<Client>& clients) {
  return forEachRow(statement, [&](const Statement& row) { clients.push_back(readClient(row)); });
}

}  // namespace

struct SqliteStore::Statements {
  Statement head, raise, find, put, dropTombstone, remove, addTombstone, page, changed, removed, forgotten, saveBucket,
      bucketPage;

  base::Status prepare(Database& database) {
    const std::string columns(kColumns);
    const std::pair<Statement*, std::string> all[] = {
        {&head, "SELECT identity, revision, forgotten, copy_of FROM headgate_state"},
        {&raise, "UPDATE headgate_state SET revision = revision + 1"},
        {&find, "SELECT " + columns + " FROM headgate_clients WHERE id = ?1"},
        {&put, "INSERT OR REPLACE INTO headgate_clients (" + columns + ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
        {&dropTombstone, "DELETE FROM headgate_removed_clients WHERE id = ?1"},
        {&remove, "DELETE FROM headgate_clients WHERE id = ?1"},
        {&addTombstone,
         "INSERT OR REPLACE INTO headgate_removed_clients (id, revision, removed_at) VALUES (?1, ?2, ?3)"},
        {&page, "SELECT " + columns + " FROM headgate_clients WHERE id > ?1 ORDER BY id LIMIT ?2"},
        {&changed, "SELECT " + columns + " FROM headgate_clients WHERE revision > ?1"},
        {&removed, "SELECT id, revision FROM headgate_removed_clients WHERE revision > ?1"},
        {&saveBucket,
         "INSERT OR REPLACE INTO headgate_buckets (node, id, tokens, at, allowed, denied, last_seen) "
         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"},
        {&bucketPage,
         "SELECT id, tokens, at, allowed, denied, last_seen FROM headgate_buckets "
         "WHERE node = ?1 AND id > ?2 ORDER BY id LIMIT ?3"},
    };
    for (const auto& [statement, sql] : all) {
      auto prepared = database.prepare(sql);
      if (!prepared) return tl::unexpected(prepared.error());
      *statement = std::move(*prepared);
    }
    return {};
  }
};

SqliteStore::SqliteStore(std::string path, Sync sync) : path_(std::move(path)), sync_(sync) {}

SqliteStore::~SqliteStore() = default;

tl::unexpected<base::Error> SqliteStore::closed() const {
  return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, path_ + ": not open", true);
}

base::Status SqliteStore::connect(Database::Create create) {
  statements_.reset();
  database_.reset();
  auto database = Database::open(path_, create);
  if (!database) return tl::unexpected(database.error());
  sqlite3_busy_timeout(database->raw(), kBusyTimeoutMs);
  database_ = std::move(*database);
  return {};
}

base::Status SqliteStore::open() {
  if (auto done = connect(Database::Create::Yes); !done) return done;
  // The log is cut back to this many bytes after a large batch.
  const std::string pragmas =
      fmt::format("PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA journal_size_limit = {}",
                  sync_ == Sync::Full ? "FULL" : "NORMAL", 64 << 20);
  if (auto done = database_->exec(pragmas.c_str()); !done) return done;
  if (auto report = migrate(false); !report) return tl::unexpected(report.error());
  if (auto done = prepareStatements(); !done) return done;
  return proveWrite();
}

base::Status SqliteStore::prepareStatements() {
  auto statements = std::make_unique<Statements>();
  if (auto done = statements->prepare(*database_); !done) return done;
  statements_ = std::move(statements);
  return {};
}

// Storing what is there takes the lock and writes a page of the log, as every write does.
base::Status SqliteStore::proveWrite() {
  return within(kBeginWrite, [this] { return database_->exec("UPDATE headgate_state SET revision = revision"); });
}

base::Result<uint32_t> SqliteStore::version() {
  const auto version = database_->number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  return static_cast<uint32_t>(*version);
}

base::Result<MigrationReport> SqliteStore::migrate(bool dryRun) {
  if (!database_) {
    const auto connected = connect(dryRun ? Database::Create::No : Database::Create::Yes);
    // A file that is not there yet would be made: everything is to be done.
    if (!connected && dryRun && ::access(path_.c_str(), F_OK) != 0) return planMigration(0, path_);
    if (!connected) return tl::unexpected(connected.error());
  }
  const auto found = version();
  if (!found) return tl::unexpected(found.error());
  auto plan = planMigration(*found, path_);
  if (!plan || dryRun || plan->steps.empty()) return plan;

  // Read again under the lock: another process may have been faster.
  base::Result<MigrationReport> report = std::move(plan);
  const base::Status done = within("BEGIN EXCLUSIVE", [&]() -> base::Status {
    const auto now = version();
    if (!now) return tl::unexpected(now.error());
    report = planMigration(*now, path_);
    return report ? applySteps(*now) : base::Status(tl::unexpected(report.error()));
  });
  if (!done) return tl::unexpected(done.error());
  return report;
}

base::Status SqliteStore::applySteps(uint32_t found) {
  for (const Migration& step : migrations()) {
    if (step.version <= found) continue;
    if (auto done = database_->exec(std::string(step.sqlite).c_str()); !done) return done;
    if (step.version == 1) {
      const std::string state = fmt::format("INSERT INTO headgate_state VALUES (1, '{}', 0, 0, '')", randomIdentity());
      if (auto done = database_->exec(state.c_str()); !done) return done;
    }
    if (auto done = database_->exec(fmt::format("PRAGMA user_version = {}", step.version).c_str()); !done) return done;
  }
  return {};
}

base::Status SqliteStore::within(const char* begin, const std::function<base::Status()>& work) {
  if (auto done = database_->exec(begin); !done) return done;
  base::Status status = work();
  if (status) status = commit();
  if (!status) rollback();
  return status;
}

base::Result<StoreHead> SqliteStore::head() {
  if (!statements_) return closed();
  StoreHead head;
  const base::Status done = forEachRow(statements_->head, [&](const Statement& row) {
    head.identity = row.text(0);
    head.revision = static_cast<uint64_t>(row.integer(1));
  });
  if (!done) return tl::unexpected(done.error());
  return head;
}

base::Result<std::vector<Client>> SqliteStore::page(std::string_view after, size_t limit) {
  if (!statements_) return closed();
  std::vector<Client> clients;
  statements_->page.bind(1, after).bind(2, uint64_t{limit});
  if (auto done = readClients(statements_->page, clients); !done) return tl::unexpected(done.error());
  return clients;
}

base::Result<Changes> SqliteStore::changesSince(uint64_t since) {
  if (!statements_) return closed();
  // Nothing new is the usual answer, and takes one row.
  const auto now = head();
  if (!now) return tl::unexpected(now.error());
  if (now->revision == since) return Changes{false, since, {}, {}};
  base::Result<Changes> changes;
  const base::Status done = within(kBegin, [&]() -> base::Status {
    changes = readChanges(since);
    return changes ? base::Status() : base::Status(tl::unexpected(changes.error()));
  });
  if (!done) return tl::unexpected(done.error());
  return changes;
}

base::Result<Changes> SqliteStore::readChanges(uint64_t since) {
  Changes changes;
  base::Status done = forEachRow(statements_->head, [&](const Statement& row) {
    changes.revision = static_cast<uint64_t>(row.integer(1));
    changes.gap = since < static_cast<uint64_t>(row.integer(2)) || since > changes.revision;
  });
  if (!done) return tl::unexpected(done.error());
  if (changes.gap) return changes;
  statements_->changed.bind(1, since);
  if (done = readClients(statements_->changed, changes.changed); !done) return tl::unexpected(done.error());
  statements_->removed.bind(1, since);
  done = forEachRow(statements_->removed, [&](const Statement& row) {
    changes.removed.push_back({std::string(row.text(0)), static_cast<uint64_t>(row.integer(1))});
  });
  if (!done) return tl::unexpected(done.error());
  return changes;
}

base::Status SqliteStore::forgetRemovals(base::WallTime before) {
  if (!statements_) return closed();
  const auto old = database_->number(
      fmt::format("SELECT EXISTS (SELECT 1 FROM headgate_removed_clients WHERE removed_at < {})", before));
  if (!old) return tl::unexpected(old.error());
  if (*old == 0) return {};
  return within(kBeginWrite, [&] {
    return database_->exec(
        fmt::format("UPDATE headgate_state SET forgotten = max(forgotten, coalesce((SELECT max(revision) FROM "
                    "headgate_removed_clients WHERE removed_at < {0}), 0)); DELETE FROM headgate_removed_clients WHERE "
                    "removed_at < {0}",
                    before)
            .c_str());
  });
}

base::Status SqliteStore::forgetBuckets(std::string_view node, base::WallTime before) {
  if (!statements_) return closed();
  auto forget = database_->prepare(
      "DELETE FROM headgate_buckets WHERE node = ?1 AND at < ?2 AND id NOT IN (SELECT id FROM headgate_clients)");
  if (!forget) return tl::unexpected(forget.error());
  return forget->bind(1, node).bind(2, before).run();
}

base::Status SqliteStore::saveBuckets(std::string_view node, std::span<const BucketCheckpoint> buckets) {
  if (!statements_) return closed();
  return within(kBeginWrite, [&]() -> base::Status {
    Statement& save = statements_->saveBucket;
    for (const BucketCheckpoint& bucket : buckets) {
      const BucketState& state = bucket.state;
      save.bind(1, node).bind(2, bucket.id).bind(3, state.tokens).bind(4, state.at);
      save.bind(5, state.allowedTotal).bind(6, state.deniedTotal).bind(7, state.lastSeen);
      if (auto done = save.run(); !done) return done;
    }
    return {};
  });
}

base::Result<std::vector<BucketCheckpoint>> SqliteStore::bucketPage(std::string_view node, std::string_view after,
                                                                    size_t limit) {
  if (!statements_) return closed();
  std::vector<BucketCheckpoint> buckets;
  statements_->bucketPage.bind(1, node).bind(2, after).bind(3, uint64_t{limit});
  const base::Status done = forEachRow(statements_->bucketPage, [&](const Statement& row) {
    BucketState state;
    state.tokens = row.real(1);
    state.at = row.integer(2);
    state.allowedTotal = static_cast<uint64_t>(row.integer(3));
    state.deniedTotal = static_cast<uint64_t>(row.integer(4));
    state.lastSeen = row.integer(5);
    buckets.push_back({std::string(row.text(0)), state});
  });
  if (!done) return tl::unexpected(done.error());
  return buckets;
}

base::Result<std::string> SqliteStore::copyOf() {
  if (!statements_) return closed();
  std::string identity;
  const base::Status done = forEachRow(statements_->head, [&](const Statement& row) { identity = row.text(3); });
  if (!done) return tl::unexpected(done.error());
  return identity;
}

base::Status SqliteStore::beginCopy(const std::string& identity) {
  if (!statements_) return closed();
  return within(kBeginWrite, [&]() -> base::Status {
    auto state = database_->prepare("UPDATE headgate_state SET copy_of = ?1, revision = 0, forgotten = 0");
    if (!state) return tl::unexpected(state.error());
    if (auto done = state->bind(1, identity).run(); !done) return done;
    return database_->exec("DELETE FROM headgate_clients; DELETE FROM headgate_removed_clients");
  });
}

base::Status SqliteStore::mirror(std::span<const Client> changed, std::span<const Removal> removed,
                                 std::optional<uint64_t> revision) {
  if (!statements_) return closed();
  return within(kBeginWrite, [&]() -> base::Status {
    if (auto done = put(changed); !done) return done;
    for (const Removal& removal : removed) {
      if (auto done = statements_->remove.bind(1, removal.id).run(); !done) return done;
    }
    if (!revision) return {};
    return database_->exec(fmt::format("UPDATE headgate_state SET revision = {}", *revision).c_str());
  });
}

base::Result<uint64_t> SqliteStore::beginWrite() {
  if (!statements_) return closed();
  if (auto done = database_->exec(kBeginWrite); !done) return tl::unexpected(done.error());
  if (auto done = statements_->raise.run(); !done) return tl::unexpected(done.error());
  const auto now = head();
  if (!now) return tl::unexpected(now.error());
  return now->revision;
}

base::Result<std::vector<std::optional<Client>>> SqliteStore::find(std::span<const std::string> ids) {
  std::vector<std::optional<Client>> found;
  found.reserve(ids.size());
  std::vector<Client> row;
  for (const std::string& id : ids) {
    row.clear();
    statements_->find.bind(1, id);
    if (auto done = readClients(statements_->find, row); !done) return tl::unexpected(done.error());
    found.push_back(row.empty() ? std::nullopt : std::optional(std::move(row.front())));
  }
  return found;
}

base::Status SqliteStore::put(std::span<const Client> clients) {
  for (const Client& client : clients) {
    const std::string labels = labelsText(client.labels);
    Statement& put = statements_->put;
    put.bind(1, client.id)
        .bind(2, client.limit.capacity)
        .bind(3, client.limit.ratePerSec)
        .bind(4, modeName(client.mode));
    put.bind(5, labels).bind(6, client.revision).bind(7, client.createdAt).bind(8, client.updatedAt);
    if (auto done = put.run(); !done) return done;
    if (auto done = statements_->dropTombstone.bind(1, client.id).run(); !done) return done;
  }
  return {};
}

base::Status SqliteStore::remove(const std::string& id, uint64_t revision, base::WallTime now) {
  if (auto done = statements_->remove.bind(1, id).run(); !done) return done;
  return statements_->addTombstone.bind(1, id).bind(2, revision).bind(3, now).run();
}

base::Status SqliteStore::commit() { return database_->exec("COMMIT"); }

void SqliteStore::rollback() {
  // After some errors SQLite has rolled back by itself.
  if (database_ && database_->inTransaction()) (void)database_->exec("ROLLBACK");
}

}  // namespace headgate::limits
