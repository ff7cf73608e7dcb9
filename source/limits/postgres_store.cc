#include "source/limits/postgres_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "source/limits/migrations.h"
#include "source/limits/record_text.h"

namespace headgate::limits {
namespace {

using postgres::ArrayText;
using postgres::Connection;
using postgres::Rows;

// A number of our own: advisory locks are known by numbers alone. "headgate" in hexadecimal.
constexpr std::string_view kMigrationLock = "x'6865616467617465'::bigint";
constexpr std::string_view kChannel = "headgate_clients";
constexpr const char* kSession =
    "SET statement_timeout = '10s'; SET lock_timeout = '3s'; SET idle_in_transaction_session_timeout = '10s'";
// Whatever the database's default is: after the wait for the lock, what the other writer did must be seen.
constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
// All statements see the same moment.
constexpr const char* kBeginRead = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
constexpr std::string_view kColumns = "id, capacity, rate_per_sec, mode, labels, revision, created_at, updated_at";

Client readClient(const Rows& rows, int row) {
  Client client;
  client.id = rows.text(row, 0);
  client.limit.capacity = rows.real(row, 1);
  client.limit.ratePerSec = rows.real(row, 2);
  client.mode = modeOf(rows.text(row, 3));
  client.labels = parseLabels(rows.text(row, 4));
  client.revision = static_cast<uint64_t>(rows.integer(row, 5));
  client.createdAt = rows.integer(row, 6);
  client.updatedAt = rows.integer(row, 7);
  return client;
}

std::vector<Client> readClients(const Rows& rows) {
  std::vector<Client> clients;
  clients.reserve(static_cast<size_t>(rows.size()));
  for (int row = 0; row < rows.size(); ++row) clients.push_back(readClient(rows, row));
  return clients;
}

std::string selectClients(std::string_view where) {
  return fmt::format("SELECT {} FROM headgate_clients {}", kColumns, where);
}

}  // namespace

base::Result<Rows> PostgresStore::query(const std::string& sql, std::initializer_list<postgres::Parameter> parameters) {
  if (!connection_) return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, "postgres: not connected", true);
  return connection_->query(sql, parameters);
}

base::Status PostgresStore::run(const std::string& sql, std::initializer_list<postgres::Parameter> parameters) {
  const auto rows = query(sql, parameters);
  if (!rows) return tl::unexpected(rows.error());
  return {};
}

template <typename Work>
base::Status PostgresStore::within(const std::string& begin, Work&& work) {
  if (auto done = run(begin); !done) return done;
  base::Status status = work();
  if (status) status = run("COMMIT");
  if (!status) rollback();
  return status;
}

base::Status PostgresStore::connect() {
  connection_.reset();
  auto connection = Connection::open(dsn_, patience_);
  if (!connection) return tl::unexpected(connection.error());
  connection_ = std::move(*connection);
  return connection_->exec(kSession);
}

base::Status PostgresStore::open() {
  if (auto done = connect(); !done) return done;
  if (auto report = migrate(false); !report) return tl::unexpected(report.error());
  if (auto done = run(fmt::format("LISTEN {}", kChannel)); !done) return done;
  // A server that is read-only or full refuses it as it would a write.
  return run("UPDATE headgate_state SET forgotten = forgotten WHERE one = 1");
}

base::Result<uint32_t> PostgresStore::version() {
  // Not to_regclass(): it answers from a cache that may not have heard of what was committed while we waited for the
  // lock.
  const auto known = query(
      "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'headgate_schema' AND "
      "pg_table_is_visible(oid))");
  if (!known) return tl::unexpected(known.error());
  if (known->text(0, 0) != "t") return 0;
  const auto version = query("SELECT coalesce(max(version), 0) FROM headgate_schema");
  if (!version) return tl::unexpected(version.error());
  return static_cast<uint32_t>(version->integer(0, 0));
}

base::Result<MigrationReport> PostgresStore::migrate(bool dryRun) {
  if (!connection_) {
    if (auto done = connect(); !done) return tl::unexpected(done.error());
  }
  const auto found = version();
  if (!found) return tl::unexpected(found.error());
  auto plan = planMigration(*found, "postgres");
  if (!plan || dryRun || plan->steps.empty()) return plan;

  // Read again under the lock: another proxy may have been faster. The lock ends with the transaction.
  base::Result<MigrationReport> report = std::move(plan);
  const base::Status done = within(kBegin, [&]() -> base::Status {
    if (auto locked = run(fmt::format("SELECT pg_advisory_xact_lock({})", kMigrationLock)); !locked) return locked;
    const auto now = version();
    if (!now) return tl::unexpected(now.error());
    report = planMigration(*now, "postgres");
    return report ? applySteps(*now) : base::Status(tl::unexpected(report.error()));
  });
  if (!done) return tl::unexpected(done.error());
  return report;
}

base::Status PostgresStore::applySteps(uint32_t found) {
  if (found == 0) {
    const base::Status done = connection_->exec(
        "CREATE TABLE headgate_schema (version integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT "
        "NULL "
        "DEFAULT now())");
    if (!done) return done;
  }
  for (const Migration& step : migrations()) {
    if (step.version <= found) continue;
    if (auto done = connection_->exec(std::string(step.postgres)); !done) return done;
    if (step.version == 1) {
      if (auto done = run("INSERT INTO headgate_state VALUES (1, $1, 0, 0)", {randomIdentity()}); !done) return done;
    }
    const auto done = run("INSERT INTO headgate_schema (version, name) VALUES ($1::integer, $2)",
                          {uint64_t{step.version}, step.name});
    if (!done) return done;
  }
  return {};
}

base::Result<StoreHead> PostgresStore::head() {
  const auto rows = query("SELECT identity, revision FROM headgate_state");
  if (!rows) return tl::unexpected(rows.error());
  if (rows->size() != 1) {
    return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, "postgres: headgate_state has lost its row", true);
  }
  return StoreHead{std::string(rows->text(0, 0)), static_cast<uint64_t>(rows->integer(0, 1))};
}

base::Result<std::vector<Client>> PostgresStore::page(std::string_view after, size_t limit) {
  const auto rows = query(selectClients("WHERE id > $1 ORDER BY id LIMIT $2::bigint"), {after, uint64_t{limit}});
  if (!rows) return tl::unexpected(rows.error());
  return readClients(*rows);
}

base::Result<Changes> PostgresStore::changesSince(uint64_t since) {
  // Nothing new is the usual answer, and takes one row.
  const auto now = head();
  if (!now) return tl::unexpected(now.error());
  if (now->revision == since) return Changes{false, since, {}, {}};
  base::Result<Changes> changes;
  const base::Status done = within(kBeginRead, [&]() -> base::Status {
    changes = readChanges(since);
    return changes ? base::Status() : base::Status(tl::unexpected(changes.error()));
  });
  if (!done) return tl::unexpected(done.error());
  return changes;
}

base::Result<Changes> PostgresStore::readChanges(uint64_t since) {
  Changes changes;
  const auto state = query("SELECT revision, forgotten FROM headgate_state");
  if (!state) return tl::unexpected(state.error());
  changes.revision = static_cast<uint64_t>(state->integer(0, 0));
  changes.gap = since < static_cast<uint64_t>(state->integer(0, 1)) || since > changes.revision;
  if (changes.gap) return changes;
  const auto changed = query(selectClients("WHERE revision > $1::bigint"), {since});
  if (!changed) return tl::unexpected(changed.error());
  changes.changed = readClients(*changed);
  const auto removed = query("SELECT id, revision FROM headgate_removed_clients WHERE revision > $1::bigint", {since});
  if (!removed) return tl::unexpected(removed.error());
  for (int row = 0; row < removed->size(); ++row) {
    changes.removed.push_back({std::string(removed->text(row, 0)), static_cast<uint64_t>(removed->integer(row, 1))});
  }
  return changes;
}

// The row of the state is locked first, as by every writer.
base::Status PostgresStore::forgetRemovals(base::WallTime before) {
  const auto old = query("SELECT 1 FROM headgate_removed_clients WHERE removed_at < $1::bigint LIMIT 1", {before});
  if (!old) return tl::unexpected(old.error());
  if (old->size() == 0) return {};
  return within(kBegin, [&]() -> base::Status {
    const base::Status marked =
        run("UPDATE headgate_state SET forgotten = greatest(forgotten, coalesce((SELECT max(revision) FROM "
            "headgate_removed_clients WHERE removed_at < $1::bigint), 0)) WHERE one = 1",
            {before});
    if (!marked) return marked;
    return run("DELETE FROM headgate_removed_clients WHERE removed_at < $1::bigint", {before});
  });
}

base::Status PostgresStore::forgetBuckets(std::string_view node, base::WallTime before) {
  return run(
      "DELETE FROM headgate_buckets b WHERE node = $1 AND at < $2::bigint "
      "AND NOT EXISTS (SELECT 1 FROM headgate_clients c WHERE c.id = b.id)",
      {node, before});
}

base::Status PostgresStore::saveBuckets(std::string_view node, std::span<const BucketCheckpoint> buckets) {
  return within(kBegin, [&]() -> base::Status {
    for (size_t at = 0; at < buckets.size(); at += kChunk) {
      const auto chunk = buckets.subspan(at, std::min(kChunk, buckets.size() - at));
      if (auto done = saveChunk(node, chunk); !done) return done;
    }
    return {};
  });
}

base::Status PostgresStore::saveChunk(std::string_view node, std::span<const BucketCheckpoint> buckets) {
  ArrayText ids, tokens, ats, allowed, denied, seen;
  for (const auto& [id, state] : buckets) {
    ids.add(id);
    tokens.add(state.tokens);
    ats.add(state.at);
    allowed.add(static_cast<int64_t>(state.allowedTotal));
    denied.add(static_cast<int64_t>(state.deniedTotal));
    seen.add(state.lastSeen);
  }
  return run(
      "INSERT INTO headgate_buckets (node, id, tokens, at, allowed, denied, last_seen) "
      "SELECT $1, * FROM unnest($2::text[], $3::float8[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) "
      "ON CONFLICT (node, id) DO UPDATE SET tokens = excluded.tokens, at = excluded.at, allowed = excluded.allowed, "
      "denied = excluded.denied, last_seen = excluded.last_seen",
      {node, ids.take(), tokens.take(), ats.take(), allowed.take(), denied.take(), seen.take()});
}

base::Result<std::vector<BucketCheckpoint>> PostgresStore::bucketPage(std::string_view node, std::string_view after,
                                                                      size_t limit) {
  const auto rows = query(
      "SELECT id, tokens, at, allowed, denied, last_seen FROM headgate_buckets "
      "WHERE node = $1 AND id > $2 ORDER BY id LIMIT $3::bigint",
      {node, after, uint64_t{limit}});
  if (!rows) return tl::unexpected(rows.error());
  std::vector<BucketCheckpoint> buckets;
  for (int row = 0; row < rows->size(); ++row) {
    BucketState state;
    state.tokens = rows->real(row, 1);
    state.at = rows->integer(row, 2);
    state.allowedTotal = static_cast<uint64_t>(rows->integer(row, 3));
    state.deniedTotal = static_cast<uint64_t>(rows->integer(row, 4));
    state.lastSeen = rows->integer(row, 5);
    buckets.push_back({std::string(rows->text(row, 0)), state});
  }
  return buckets;
}

base::Result<bool> PostgresStore::takeWakes() {
  if (!connection_) return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, "postgres: not connected", true);
  return connection_->takeNotifications();
}

base::Result<uint64_t> PostgresStore::beginWrite() {
  if (auto done = run(kBegin); !done) return tl::unexpected(done.error());
  const auto rows = query("UPDATE headgate_state SET revision = revision + 1 WHERE one = 1 RETURNING revision");
  if (!rows) return tl::unexpected(rows.error());
  if (rows->size() != 1) {
    return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, "postgres: headgate_state has lost its row", true);
  }
  return static_cast<uint64_t>(rows->integer(0, 0));
}

base::Result<std::vector<std::optional<Client>>> PostgresStore::find(std::span<const std::string> ids) {
  ArrayText list;
  for (const std::string& id : ids) list.add(id);
  const auto rows = query(selectClients("WHERE id = ANY ($1::text[])"), {list.take()});
  if (!rows) return tl::unexpected(rows.error());
  std::unordered_map<std::string_view, int> rowOf;
  for (int row = 0; row < rows->size(); ++row) rowOf.emplace(rows->text(row, 0), row);
  std::vector<std::optional<Client>> found;
  found.reserve(ids.size());
  for (const std::string& id : ids) {
    const auto at = rowOf.find(id);
    found.push_back(at == rowOf.end() ? std::nullopt : std::optional(readClient(*rows, at->second)));
  }
  return found;
}

base::Status PostgresStore::put(std::span<const Client> clients) {
  ArrayText ids, capacities, rates, modes, labels, revisions, created, updated;
  for (const Client& client : clients) {
    ids.add(client.id);
    capacities.add(client.limit.capacity);
    rates.add(client.limit.ratePerSec);
    modes.add(modeName(client.mode));
    labels.add(labelsText(client.labels));
    revisions.add(static_cast<int64_t>(client.revision));
    created.add(client.createdAt);
    updated.add(client.updatedAt);
  }
  const std::string idList = ids.take();
  const base::Status stored = run(
      fmt::format("INSERT INTO headgate_clients ({}) SELECT * FROM unnest($1::text[], $2::float8[], $3::float8[], "
                  "$4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[]) ON CONFLICT (id) DO UPDATE SET "
                  "capacity = excluded.capacity, rate_per_sec = excluded.rate_per_sec, mode = excluded.mode, labels = "
                  "excluded.labels, revision = excluded.revision, created_at = excluded.created_at, updated_at = "
                  "excluded.updated_at",
                  kColumns),
      {idList, capacities.take(), rates.take(), modes.take(), labels.take(), revisions.take(), created.take(),
       updated.take()});
  if (!stored) return stored;
  return run("DELETE FROM headgate_removed_clients WHERE id = ANY ($1::text[])", {idList});
}

base::Status PostgresStore::remove(const std::string& id, uint64_t revision, base::WallTime now) {
  if (auto done = run("DELETE FROM headgate_clients WHERE id = $1", {std::string_view(id)}); !done) return done;
  return run(
      "INSERT INTO headgate_removed_clients VALUES ($1, $2::bigint, $3::bigint) ON CONFLICT (id) DO UPDATE SET "
      "revision "
      "= excluded.revision, removed_at = excluded.removed_at",
      {std::string_view(id), revision, now});
}

// The wake leaves with the commit, or not at all.
base::Status PostgresStore::commit() {
  if (auto done = run(fmt::format("NOTIFY {}", kChannel)); !done) return done;
  return run("COMMIT");
}

void PostgresStore::rollback() {
  if (connection_ && connection_->inTransaction()) (void)run("ROLLBACK");
}

}  // namespace headgate::limits
