#pragma once
// Where clients last: `storage` of the config file.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "source/config/object.h"
#include "source/limits/local_copy.h"
#include "source/limits/store.h"

namespace headgate::limits {

enum class StorageKind : uint8_t { Sqlite, Postgres, Memory };

/// A file that has a default place, which depends on the environment.
struct StoragePath {
  std::string path;       ///< relative to the working directory unless it begins with '/'
  std::string shown;      ///< the same as the value in a config file, where it may be a reference
  bool byDefault = true;  ///< the configuration did not say; see placeDefaults()
  friend bool operator==(const StoragePath&, const StoragePath&) = default;
};

struct StorageConfig {
  StorageKind kind = StorageKind::Sqlite;
  StoragePath sqlite{"headgate.db", "${STATE_DIRECTORY:-.}/headgate.db"};
  std::string dsn;       ///< of PostgreSQL, as libpq reads it; may hold a password
  std::string dsnShown;  ///< the same as the value in a config file, without its secrets
  StoragePath localCopy{"headgate-copy.db", "${STATE_DIRECTORY:-.}/headgate-copy.db"};  ///< with PostgreSQL
  friend bool operator==(const StorageConfig&, const StorageConfig&) = default;
};

/// Reads `storage` and finishes it: at most one of its kinds. Mistakes go to the object's errors and never show a dsn.
[[nodiscard]] StorageConfig readStorageConfig(config::Object object);

/// Puts the files that have their default place into `directory`; empty: the working directory.
void placeDefaults(StorageConfig& config, std::string_view directory);

/// Not opened yet.
[[nodiscard]] std::unique_ptr<Store> makeStore(const StorageConfig& config);
/// Null: this kind needs none.
[[nodiscard]] std::unique_ptr<LocalCopy> makeLocalCopy(const StorageConfig& config);

/// The name of this proxy in a shared store: what the configuration says, else the host name.
[[nodiscard]] std::string nodeName(const std::string& configured);

}  // namespace headgate::limits
