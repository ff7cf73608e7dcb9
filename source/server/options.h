#pragma once
// The command line and the HEADGATE_* variables, before any file is read.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace headgate::server {

/// Exit codes of the program.
enum ExitCode : int {
  kExitOk = 0,
  kExitBadConfig = 1,  ///< a config file that cannot be read or has mistakes; also a failed start
  kExitBadUsage = 2,   ///< the command line or a HEADGATE_* variable
};

/// A value and the flag or variable that gave it, such as "--listen" or "HEADGATE_LISTEN"; messages name it.
struct Setting {
  std::string value;
  std::string origin;
};

/// What was asked for. A flag has won over the environment already.
struct Options {
  std::optional<Setting> config;    ///< -c, --config, HEADGATE_CONFIG: path of the config file
  std::optional<Setting> listen;    ///< --listen, HEADGATE_LISTEN
  std::vector<Setting> backends;    ///< --backend (repeated), HEADGATE_BACKENDS (comma-separated)
  std::optional<Setting> lb;        ///< --lb, HEADGATE_LB
  std::optional<Setting> workers;   ///< --workers, HEADGATE_WORKERS
  std::optional<Setting> admin;     ///< --admin, HEADGATE_ADMIN: where the admin listener listens, or "off"
  std::optional<Setting> logLevel;  ///< --log-level, HEADGATE_LOG_LEVEL
  bool test = false;                ///< -t, --test: check the configuration and exit
  bool printConfig = false;         ///< --print-config: print the effective configuration and exit
  bool json = false;                ///< --format json: mistakes, and the result of --test, for machines
};

/// The program is to print this and end: --help, --version, or a mistake in the command line.
struct Farewell {
  int exitCode = kExitOk;
  std::string text;  ///< for stdout if exitCode is 0, else for stderr; with a newline at its end
};

/// The value of an environment variable; nothing if it is not set.
using VariableLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Reads the command line as main() got it. Variables that are empty count as not set. The values themselves are
/// checked by configure(), which knows what they replace.
[[nodiscard]] std::variant<Options, Farewell> parseOptions(int argc, const char* const* argv,
                                                           const VariableLookup& variable);

/// "headgate 0.1.0"
[[nodiscard]] std::string_view versionLine();

}  // namespace headgate::server
