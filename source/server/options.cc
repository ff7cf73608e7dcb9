#include "source/server/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "source/base/strings.h"
#include "source/config/errors.h"
#include "source/config/object.h"
#include "source/config/utf8.h"

// The build sets it from the project's version.
#ifndef HEADGATE_VERSION
#define HEADGATE_VERSION "unknown"
#endif

namespace headgate::server {
namespace {

constexpr const char* kDescription =
    "An L7 proxy for HTTP services with safe defaults and errors that say why.\n"
    "\n"
    "  headgate -c proxy.json\n"
    "  headgate --listen :8080 --backend http://127.0.0.1:8081 --backend http://127.0.0.1:8082\n"
    "  headgate migrate --dry-run -c proxy.json\n"
    "  headgate clients list         (a running one: HEADGATE_ADMIN, HEADGATE_ADMIN_TOKEN; --help for more)\n"
    "  headgate healthcheck\n";

constexpr const char* kFooter =
    "A flag wins over its variable, and both win over the file: --listen replaces the address of its only\n"
    "listener, --backend and --lb the endpoints and the policy of its only cluster.\n"
    "\n"
    "Exit codes: 0 good, 1 bad configuration or failed start, 2 bad usage.";

// What CLI11 fills in; strings, since whether a flag came is told by its count.
struct Raw {
  std::string config;
  std::string listen;
  std::vector<std::string> backends;
  std::string lb;
  std::string workers;
  std::string admin;
  std::string logLevel;
  std::string format = "text";
  bool test = false;
  bool printConfig = false;
  bool version = false;
};

void declare(CLI::App& app, Raw& raw) {
  app.description(kDescription);
  app.footer(kFooter);
  app.set_help_flag("-h,--help", "Print this and exit");
  app.add_option("-c,--config", raw.config, "The config file (JSON with comments) [HEADGATE_CONFIG]")
      ->type_name("FILE");
  app.add_option("--listen", raw.listen,
                 "Where to listen, such as :8080, 127.0.0.1:8080 or unix:/path [HEADGATE_LISTEN]")
      ->type_name("ADDRESS");
  app.add_option("--backend", raw.backends,
                 "Where to send requests, such as http://127.0.0.1:8081; repeat it for more [HEADGATE_BACKENDS, "
                 "comma-separated]")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_option("--lb", raw.lb, "How to choose a backend: round_robin, least_request or random [HEADGATE_LB]")
      ->type_name("POLICY");
  app.add_option("--workers", raw.workers, "Worker threads, 0 for one per core [HEADGATE_WORKERS]")->type_name("N");
  app.add_option("--admin", raw.admin,
                 "Where the admin listener listens, such as 127.0.0.1:9901, or off [HEADGATE_ADMIN]")
      ->type_name("ADDRESS");
  app.add_option("--log-level", raw.logLevel, "debug, info, warning or error [HEADGATE_LOG_LEVEL]")->type_name("LEVEL");
  app.add_flag("-t,--test", raw.test, "Check the configuration, print every mistake in it, and exit");
  app.add_option("--format", raw.format, "How mistakes are printed: text or json")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_flag("--print-config", raw.printConfig, "Print the whole configuration with its defaults as JSON, and exit");
  app.allow_extras();  // unknownArgument() says it better
  app.add_flag("--version", raw.version, "Print the version and exit");
}

class Chooser {
 public:
  Chooser(const CLI::App& app, const VariableLookup& variable) : app_(app), variable_(variable) {}

  [[nodiscard]] std::optional<Setting> choose(const char* flag, const std::string& given, const char* name) const {
    if (app_.count(flag) > 0) return Setting{given, flag};
    return fromEnvironment(name);
  }

  [[nodiscard]] std::vector<Setting> chooseList(const char* flag, const std::vector<std::string>& given,
                                                const char* name) const {
    std::vector<Setting> settings;
    for (const std::string& value : given) settings.push_back({value, flag});
    if (!settings.empty()) return settings;
    if (const std::optional<Setting> list = fromEnvironment(name)) {
      base::forEachListElement(list->value, [&](std::string_view element) {
        settings.push_back({std::string(element), name});
      });
      if (settings.empty()) settings.push_back(*list);  // nothing but commas: as a value, it is refused by name
    }
    return settings;
  }

 private:
  [[nodiscard]] std::optional<Setting> fromEnvironment(const char* name) const {
    std::optional<std::string> value = variable_(name);
    if (!value || value->empty()) return std::nullopt;
    return Setting{std::move(*value), name};
  }

  const CLI::App& app_;
  const VariableLookup& variable_;
};

Farewell badUsage(const std::string& message) {
  return {kExitBadUsage, "headgate: " + config::printable(message) + "\nRun `headgate --help` for the options.\n"};
}

Farewell unknownArgument(const std::vector<std::string>& arguments) {
  const std::vector<std::string_view> flags = {"--config",  "--listen",       "--backend",   "--lb",
                                               "--workers", "--admin",        "--log-level", "--test",
                                               "--format",  "--print-config", "--version",   "--help"};
  const auto isFlag = [](const std::string& argument) { return argument.starts_with('-'); };
  const auto flag = std::find_if(arguments.begin(), arguments.end(), isFlag);
  if (flag == arguments.end()) return badUsage("unexpected argument " + config::quotedText(arguments.front()));
  const std::string_view word = std::string_view(*flag).substr(0, flag->find('='));
  std::string message = "unknown option " + config::quotedText(word);
  if (const std::string_view* near = config::Object::nearest(word, flags))
    message += fmt::format("; did you mean {}?", *near);
  return badUsage(message);
}

}  // namespace

std::string_view versionLine() { return "headgate " HEADGATE_VERSION; }

std::variant<Options, Farewell> parseOptions(int argc, const char* const* argv, const VariableLookup& variable) {
  CLI::App app("", "headgate");
  Raw raw;
  declare(app, raw);
  // CLI11 reports by exceptions; this is where they end.
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Farewell{kExitOk, app.help()};
  } catch (const CLI::ParseError& error) {
    return badUsage(error.what());
  }
  if (const std::vector<std::string> unknown = app.remaining(); !unknown.empty()) return unknownArgument(unknown);
  if (raw.version) return Farewell{kExitOk, std::string(versionLine()) + "\n"};

  const Chooser chooser(app, variable);
  Options options;
  options.config = chooser.choose("--config", raw.config, "HEADGATE_CONFIG");
  options.listen = chooser.choose("--listen", raw.listen, "HEADGATE_LISTEN");
  options.backends = chooser.chooseList("--backend", raw.backends, "HEADGATE_BACKENDS");
  options.lb = chooser.choose("--lb", raw.lb, "HEADGATE_LB");
  options.workers = chooser.choose("--workers", raw.workers, "HEADGATE_WORKERS");
  options.admin = chooser.choose("--admin", raw.admin, "HEADGATE_ADMIN");
  options.logLevel = chooser.choose("--log-level", raw.logLevel, "HEADGATE_LOG_LEVEL");
  options.test = raw.test;
  options.printConfig = raw.printConfig;
  options.json = raw.format == "json";
  return options;
}

}  // namespace headgate::server
