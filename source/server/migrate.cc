#include "source/server/migrate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "source/config/utf8.h"

namespace headgate::server {
namespace {

constexpr const char* kDescription =
    "Brings the schema of the store that the config file names up to date. A start does the same by itself; this is\n"
    "for those who want to see it first, or whose proxies may not alter tables.";

struct Wanted {
  std::string config;
  bool dryRun = false;
};

Startup usageError(const std::string& message) {
  Startup startup;
  startup.exitCode = kExitBadUsage;
  startup.err =
      "headgate migrate: " + config::printable(message) + "\nRun `headgate migrate --help` for the options.\n";
  return startup;
}

std::string describe(const limits::MigrationReport& report, std::string_view kind, bool dryRun) {
  if (report.steps.empty()) return fmt::format("{}: the schema is up to date (version {})\n", kind, report.after);
  std::string text =
      fmt::format("{}: version {} to {}{}\n", kind, report.before, report.after, dryRun ? ", not done yet" : "");
  for (const std::string& step : report.steps)
    text += fmt::format("  {} {}\n", dryRun ? "would apply" : "applied", step);
  return text;
}

Startup run(const Wanted& wanted, const config::ReferenceSources& sources) {
  Options options;
  options.config = Setting{wanted.config, "--config"};
  const Configuration configuration = configure(options, sources);
  Startup startup;
  if (!configuration.ok()) {
    config::Errors all = configuration.file;
    all.append(configuration.options);
    startup.exitCode = kExitBadConfig;
    startup.err = all.text();
    return startup;
  }
  const std::unique_ptr<limits::Store> store = limits::makeStore(configuration.bootstrap.storage);
  const auto report = store->migrate(wanted.dryRun);
  if (!report) {
    startup.exitCode = kExitBadConfig;
    startup.err = "headgate migrate: " + report.error().message + "\n";
    return startup;
  }
  startup.out = describe(*report, store->kind(), wanted.dryRun);
  return startup;
}

}  // namespace

Startup migrate(int argc, const char* const* argv, const config::ReferenceSources& sources) {
  CLI::App app(kDescription, "headgate migrate");
  Wanted wanted;
  app.set_help_flag("-h,--help", "Print this and exit");
  app.add_option("-c,--config", wanted.config, "The config file [HEADGATE_CONFIG]")->type_name("FILE");
  app.add_flag("--dry-run", wanted.dryRun, "Only tell what would be done");
  // CLI11 reports by exceptions; this is where they end.
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    Startup startup;
    startup.out = app.help();
    return startup;
  } catch (const CLI::ParseError& error) {
    return usageError(error.what());
  }
  if (wanted.config.empty()) wanted.config = sources.variable("HEADGATE_CONFIG").value_or("");
  if (wanted.config.empty()) return usageError("which store? give the config file with -c FILE");
  return run(wanted, sources);
}

}  // namespace headgate::server
