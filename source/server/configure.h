#pragma once
// From the command line, the environment and the config file to the configuration that the proxy runs with.

#include <optional>
#include <string>

#include "source/config/errors.h"
#include "source/config/loader.h"
#include "source/server/bootstrap.h"
#include "source/server/options.h"

namespace headgate::server {

/// A configuration, or what is wrong with it.
struct Configuration {
  Bootstrap bootstrap;     ///< to be used only if both lists of mistakes are empty
  config::Errors file;     ///< mistakes in the config file
  config::Errors options;  ///< mistakes in flags and variables
  [[nodiscard]] bool ok() const { return file.empty() && options.empty(); }
};

/// Reads the file that `options` name, if any, and puts the other options over it; without a file they are the whole
/// configuration, which needs a listener and at least one backend. All mistakes are found in one go. Reads files; main
/// thread.
[[nodiscard]] Configuration configure(const Options& options, const config::ReferenceSources& sources);

/// What main() does before it serves.
struct Startup {
  std::optional<Bootstrap> bootstrap;  ///< serve with it; nothing = print and end with exitCode
  int exitCode = kExitOk;
  std::string out;  ///< for stdout
  std::string err;  ///< for stderr
};

/// parseOptions() and configure() in one, with the answers to --help, --version, --test and --print-config; also
/// `headgate migrate`, all of it.
[[nodiscard]] Startup prepare(int argc, const char* const* argv, const config::ReferenceSources& sources);

}  // namespace headgate::server
