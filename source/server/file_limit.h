#pragma once
// The limit of open files.

#include <cstdint>
#include <optional>
#include <string>

#include "source/server/bootstrap.h"

namespace headgate::server {

/// Raises the soft limit to the hard one; the limit that holds then.
[[nodiscard]] uint64_t raiseFileLimit();

/// A warning when `limit` does not fit the listeners' max_connections with one upstream connection each.
[[nodiscard]] std::optional<std::string> fileLimitWarning(const Bootstrap& config, uint64_t limit);

}  // namespace headgate::server
