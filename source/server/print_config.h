#pragma once
// The effective configuration as a config file.

#include <string>

#include "source/server/bootstrap.h"

namespace headgate::server {

/// The whole configuration with every default written out, as JSON that readBootstrap() reads to the same
/// configuration. Options of filters print as they were given, where a string that took a value from the environment or
/// a file prints its reference
/// ("${file:/run/secrets/key}") instead of the value.
[[nodiscard]] std::string printConfig(const Bootstrap& bootstrap);

}  // namespace headgate::server
