#include "source/limits/migrations.h"

#include <fmt/format.h>

#include <array>
#include <random>

namespace headgate::limits {
namespace {

// Times are nanoseconds since 1970 UTC, labels a JSON object of strings, mode the word of the API. The tables have the
// prefix headgate_ because a PostgreSQL database may be shared. COLLATE "C": ids are ordered by their bytes everywhere.
constexpr std::array kMigrations{
    Migration{1, "clients",
              R"(
CREATE TABLE headgate_state (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  identity TEXT NOT NULL,
  revision INTEGER NOT NULL,
  forgotten INTEGER NOT NULL,
  copy_of TEXT NOT NULL
) STRICT;
CREATE TABLE headgate_clients (
  id TEXT PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 256),
  capacity REAL NOT NULL CHECK (capacity BETWEEN 1 AND 1e9),
  rate_per_sec REAL NOT NULL CHECK (rate_per_sec BETWEEN 0 AND 1e9),
  mode TEXT NOT NULL CHECK (mode IN ('enforce', 'shadow', 'off', 'block')),
  labels TEXT NOT NULL DEFAULT '{}',
  revision INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  CHECK (rate_per_sec = 0 OR capacity / rate_per_sec <= 1e9)
) STRICT, WITHOUT ROWID;
CREATE INDEX headgate_clients_revision ON headgate_clients (revision);
CREATE TABLE headgate_removed_clients (
  id TEXT PRIMARY KEY,
  revision INTEGER NOT NULL,
  removed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)",
              R"(
CREATE TABLE headgate_state (
  one integer PRIMARY KEY CHECK (one = 1),
  identity text NOT NULL,
  revision bigint NOT NULL,
  forgotten bigint NOT NULL
);
CREATE TABLE headgate_clients (
  id text COLLATE "C" PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 256),
  capacity double precision NOT NULL CHECK (capacity BETWEEN 1 AND 1e9),
  rate_per_sec double precision NOT NULL CHECK (rate_per_sec BETWEEN 0 AND 1e9),
  mode text NOT NULL CHECK (mode IN ('enforce', 'shadow', 'off', 'block')),
  labels text NOT NULL DEFAULT '{}',
  revision bigint NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  CHECK (rate_per_sec = 0 OR capacity / rate_per_sec <= 1e9)
);
CREATE INDEX headgate_clients_revision ON headgate_clients (revision);
CREATE TABLE headgate_removed_clients (
  id text COLLATE "C" PRIMARY KEY,
  revision bigint NOT NULL,
  removed_at bigint NOT NULL
);
)"},
    Migration{2, "buckets",
              R"(
CREATE TABLE headgate_buckets (
  node TEXT NOT NULL,
  id TEXT NOT NULL,
  tokens REAL NOT NULL,
  at INTEGER NOT NULL,
  allowed INTEGER NOT NULL,
  denied INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  PRIMARY KEY (node, id)
) STRICT, WITHOUT ROWID;
)",
              R"(
CREATE TABLE headgate_buckets (
  node text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  tokens double precision NOT NULL,
  at bigint NOT NULL,
  allowed bigint NOT NULL,
  denied bigint NOT NULL,
  last_seen bigint NOT NULL,
  PRIMARY KEY (node, id)
);
)"},
};

}  // namespace

std::span<const Migration> migrations() { return kMigrations; }

base::Result<MigrationReport> planMigration(uint32_t found, std::string_view where) {
  MigrationReport report;
  report.before = found;
  report.after = kMigrations.back().version;
  if (found > report.after) {
    return base::fail(base::ErrorCode::Io, base::ErrorSource::Local,
                      fmt::format("{}: its schema has version {}, and this program knows versions up to {}; run the "
                                  "newer program that made it",
                                  where, found, report.after));
  }
  for (const Migration& step : kMigrations) {
    if (step.version > found) report.steps.push_back(fmt::format("{} {}", step.version, step.name));
  }
  return report;
}

std::string randomIdentity() {
  std::random_device random;
  std::string text;
  for (int i = 0; i < 4; ++i) text += fmt::format("{:08x}", random());
  return text;
}

}  // namespace headgate::limits
