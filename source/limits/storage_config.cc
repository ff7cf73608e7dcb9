#include "source/limits/storage_config.h"

#include <unistd.h>

#include <array>
#include <utility>

#include "source/config/loader.h"
#include "source/limits/memory_store.h"
#include "source/limits/postgres_store.h"
#include "source/limits/sqlite_store.h"

namespace headgate::limits {
namespace {

constexpr std::array<std::pair<std::string_view, StorageKind>, 3> kKinds{
    {{"sqlite", StorageKind::Sqlite}, {"postgres", StorageKind::Postgres}, {"memory", StorageKind::Memory}}};

void readPath(config::Object& object, std::string_view key, StoragePath& path) {
  std::string given = object.string(key);
  if (given.empty()) return;
  // SQLite takes ":memory:" and "file:" for something else than a file of that name.
  if (given.starts_with(':') || given.starts_with("file:")) return object.expected(key, "the path of a file");
  const std::string* reference = object.node(key)->reference();
  path.shown = reference != nullptr ? *reference : config::escapeReferences(given);
  path.path = std::move(given);
  path.byDefault = false;
}

void readDsn(config::Object& object, StorageConfig& config) {
  config.dsn = object.requiredString("dsn", "a connection string such as \"postgres://user@host/database\"");
  if (config.dsn.empty()) return;
  if (const auto problem = postgres::Connection::problemOf(config.dsn)) return object.error("dsn", *problem);
  const config::Node& node = *object.node("dsn");
  if (node.secret()) {
    config.dsnShown = *node.reference();
  } else {
    config.dsnShown = config::escapeReferences(postgres::Connection::redacted(config.dsn));
  }
}

}  // namespace

StorageConfig readStorageConfig(config::Object object) {
  StorageConfig config;
  std::string_view chosen;
  for (const auto& [word, kind] : kKinds) {
    if (!object.has(word)) continue;
    if (!chosen.empty()) {
      object.error(word, "expected one kind of storage, and there is \"" + std::string(chosen) + "\" already");
      continue;
    }
    chosen = word;
    config.kind = kind;
  }
  config::Object sqlite = object.child("sqlite");
  readPath(sqlite, "path", config.sqlite);
  sqlite.finish();
  if (object.has("postgres")) {
    config::Object postgres = object.child("postgres");
    readDsn(postgres, config);
    readPath(postgres, "local_copy", config.localCopy);
    postgres.finish();
  }
  object.child("memory").finish();
  object.finish();
  return config;
}

void placeDefaults(StorageConfig& config, std::string_view directory) {
  const std::string folder = (directory.empty() ? std::string(".") : std::string(directory)) + "/";
  if (config.sqlite.byDefault) config.sqlite.path = folder + "headgate.db";
  if (config.localCopy.byDefault) config.localCopy.path = folder + "headgate-copy.db";
}

std::unique_ptr<Store> makeStore(const StorageConfig& config) {
  switch (config.kind) {
    case StorageKind::Sqlite: return std::make_unique<SqliteStore>(config.sqlite.path);
    case StorageKind::Postgres: return std::make_unique<PostgresStore>(config.dsn);
    case StorageKind::Memory: break;
  }
  return std::make_unique<MemoryStore>();
}

std::unique_ptr<LocalCopy> makeLocalCopy(const StorageConfig& config) {
  if (config.kind != StorageKind::Postgres) return nullptr;
  return std::make_unique<LocalCopy>(config.localCopy.path);
}

std::string nodeName(const std::string& configured) {
  if (!configured.empty()) return configured;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

}  // namespace headgate::limits
