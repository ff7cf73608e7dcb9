#pragma once
// The schema of the stores, as numbered steps.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "source/base/error.h"
#include "source/limits/store.h"

namespace headgate::limits {

/// One step from version `version` - 1 to `version`. A step that was released never changes; a mistake in it is mended
/// by a later one. Each database has its own words for the same steps.
struct Migration {
  uint32_t version;
  std::string_view name;
  std::string_view sqlite;
  std::string_view postgres;
};

/// All of them, in order.
[[nodiscard]] std::span<const Migration> migrations();

/// What leads from version `found` to the present one; an error if `found` is newer. `where` names the store.
[[nodiscard]] base::Result<MigrationReport> planMigration(uint32_t found, std::string_view where);

/// For the identity of a new store: 32 hexadecimal digits.
[[nodiscard]] std::string randomIdentity();

}  // namespace headgate::limits
