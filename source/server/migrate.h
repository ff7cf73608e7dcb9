#pragma once
// `headgate migrate`: the schema of the store, brought up to date by a person.

#include "source/config/loader.h"
#include "source/server/configure.h"

namespace headgate::server {

/// Runs `headgate migrate [--dry-run] -c FILE`; `argv` begins at "migrate". The result is never a bootstrap to serve
/// with. Waits for the store; main thread, with nothing else running.
[[nodiscard]] Startup migrate(int argc, const char* const* argv, const config::ReferenceSources& sources);

}  // namespace headgate::server
