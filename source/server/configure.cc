#include "source/server/configure.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "source/base/strings.h"
#include "source/server/migrate.h"
#include "source/server/print_config.h"

namespace headgate::server {
namespace {

// Everything that flags do not say has the default that the file format gives it, but for the storage: a trial should
// leave nothing behind.
constexpr std::string_view kFlagsTemplate = R"({
  "storage": { "memory": {} },
  "listeners": [ { "address": "127.0.0.1:8080", "routes": [ { "cluster": "app" } ] } ],
  "clusters": [ { "name": "app", "endpoints": ["127.0.0.1:8081"] } ] })";

// The values of the options, checked one by one and then put over a configuration.
class Overrides {
 public:
  Overrides(const Options& options, config::Errors& errors) : options_(options), errors_(errors) {
    if (options.listen) listen_ = readListen(*options.listen);
    for (const Setting& backend : options.backends) readBackend(backend);
    if (options.lb) lb_ = readWord(*options.lb, parseLb, upstream::kLbPolicyWords);
    if (options.workers) workers_ = readWorkers(*options.workers);
    if (options.admin) admin_ = readAdmin(*options.admin);
    if (options.logLevel) logLevel_ = readWord(*options.logLevel, parseLogLevel, kLogLevelWords);
  }

  void apply(Bootstrap& bootstrap) const {
    if (workers_) bootstrap.workers = *workers_;
    if (logLevel_) bootstrap.log.level = *logLevel_;
    if (admin_) applyAdmin(bootstrap);
    if (options_.listen) applyListen(bootstrap);
    if (!options_.backends.empty() || options_.lb) applyCluster(bootstrap);
  }

 private:
  static std::optional<upstream::LbPolicy> parseLb(std::string_view word) { return upstream::parseLbPolicy(word); }

  void refuse(const Setting& setting, std::string_view expected) {
    errors_.addGlobal(setting.origin, fmt::format("expected {}, got {}", expected, config::quotedText(setting.value)));
  }

  std::optional<net::Address> readListen(const Setting& setting) {
    const base::Result<net::Address> address = proxy::parseListenAddress(setting.value);
    if (address) return *address;
    refuse(setting, address.error().message);
    return std::nullopt;
  }

  // People paste URLs here; what they say beyond the address must be nothing.
  void readBackend(const Setting& setting) {
    constexpr std::string_view kScheme = "http://";
    std::string_view text = setting.value;
    if (text.starts_with(kScheme)) {
      text.remove_prefix(kScheme.size());
      if (text.ends_with('/')) text.remove_suffix(1);
    }
    const base::Result<upstream::EndpointConfig> endpoint = upstream::parseEndpoint(text);
    if (!endpoint) return refuse(setting, endpoint.error().message);
    const auto same = [&endpoint](const upstream::EndpointConfig& known) { return known == *endpoint; };
    if (std::any_of(endpoints_.begin(), endpoints_.end(), same)) {
      errors_.addGlobal(setting.origin, fmt::format("{} is given twice", config::quotedText(setting.value)));
    } else {
      endpoints_.push_back(*endpoint);
    }
  }

  std::optional<std::optional<net::Address>> readAdmin(const Setting& setting) {
    base::Result<std::optional<net::Address>> address = parseAdminAddress(setting.value);
    if (address) return std::move(*address);
    refuse(setting, address.error().message);
    return std::nullopt;
  }

  template <typename Parse>
  auto readWord(const Setting& setting, Parse parse, std::string_view words) -> decltype(parse(std::string_view())) {
    auto value = parse(setting.value);
    if (!value) refuse(setting, words);
    return value;
  }

  std::optional<uint32_t> readWorkers(const Setting& setting) {
    const std::optional<uint64_t> number = base::parseDecimal(setting.value);
    if (number && *number <= kMaxWorkers) return static_cast<uint32_t>(*number);
    refuse(setting, fmt::format("a whole number from 0 to {}", kMaxWorkers));
    return std::nullopt;
  }

  void applyAdmin(Bootstrap& bootstrap) const {
    bootstrap.admin.address = *admin_;
    if (const auto problem = exposureProblem(bootstrap.admin)) errors_.addGlobal(options_.admin->origin, *problem);
  }

  void applyListen(Bootstrap& bootstrap) const {
    if (bootstrap.listeners.size() != 1) {
      errors_.addGlobal(options_.listen->origin,
                        fmt::format("can replace the address of a single listener only, and the file has {}",
                                    bootstrap.listeners.size()));
      return;
    }
    if (!listen_) return;
    proxy::ListenerConfig& listener = bootstrap.listeners.front();
    const bool namedByAddress = listener.name == listener.address.text();
    listener.address = *listen_;
    if (namedByAddress) listener.name = listen_->text();
  }

  void applyCluster(Bootstrap& bootstrap) const {
    if (bootstrap.clusters.size() != 1) {
      const auto complain = [&](const Setting& setting, std::string_view what) {
        errors_.addGlobal(setting.origin,
                          fmt::format("can replace the {} of a single cluster only, and the file has {}", what,
                                      bootstrap.clusters.size()));
      };
      if (!options_.backends.empty()) complain(options_.backends.front(), "endpoints");
      if (options_.lb) complain(*options_.lb, "policy");
      return;
    }
    upstream::ClusterConfig& cluster = bootstrap.clusters.front();
    if (!options_.backends.empty()) cluster.endpoints = endpoints_;
    if (lb_) cluster.lbPolicy = *lb_;
  }

  const Options& options_;
  config::Errors& errors_;
  std::optional<net::Address> listen_;
  std::vector<upstream::EndpointConfig> endpoints_;
  std::optional<upstream::LbPolicy> lb_;
  std::optional<uint32_t> workers_;
  std::optional<LogLevel> logLevel_;
  std::optional<std::optional<net::Address>> admin_;  ///< an address, or nothing for "off"
};

// Without a file: whether the options say enough.
void checkComplete(const Options& options, config::Errors& errors) {
  if (!options.listen && options.backends.empty()) {
    errors.addGlobal("headgate",
                     "no configuration; give a file with -c FILE, or an address and backends: --listen :8080 --backend "
                     "http://127.0.0.1:8081");
  } else if (!options.listen) {
    errors.addGlobal("--listen",
                     "missing; expected an address to listen on beside the backends, such as --listen :8080");
  } else if (options.backends.empty()) {
    errors.addGlobal("--backend", "missing; expected at least one backend, such as --backend http://127.0.0.1:8081");
  }
}

std::string countOf(size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::string summary(const Options& options, const Bootstrap& bootstrap) {
  return fmt::format("{}: OK ({}, {})\n", options.config ? options.config->value : "command line",
                     countOf(bootstrap.listeners.size(), "listener"), countOf(bootstrap.clusters.size(), "cluster"));
}

Startup reportMistakes(const Options& options, const Configuration& configuration) {
  Startup startup;
  startup.exitCode = configuration.file.empty() ? kExitBadUsage : kExitBadConfig;
  config::Errors all = configuration.file;
  all.append(configuration.options);
  if (options.json) {
    startup.out = all.json();
  } else {
    startup.err = all.text() + all.warningText();
  }
  return startup;
}

}  // namespace

Configuration configure(const Options& options, const config::ReferenceSources& sources) {
  Configuration configuration;
  const Overrides overrides(options, configuration.options);
  if (!options.config) checkComplete(options, configuration.options);
  if (options.config && options.config->value.empty()) {
    configuration.options.addGlobal(options.config->origin, "expected the path of a config file, got \"\"");
    return configuration;
  }
  config::Document document = options.config ? config::loadFile(options.config->value, sources)
                                             : config::loadText("defaults", kFlagsTemplate, sources);
  configuration.file = std::move(document.errors);
  if (!document.root) return configuration;
  configuration.bootstrap = readBootstrap(*document.root, configuration.file);
  limits::placeDefaults(configuration.bootstrap.storage, sources.variable("STATE_DIRECTORY").value_or(""));
  overrides.apply(configuration.bootstrap);
  return configuration;
}

Startup prepare(int argc, const char* const* argv, const config::ReferenceSources& sources) {
  if (argc > 1 && std::string_view(argv[1]) == "migrate") return migrate(argc - 1, argv + 1, sources);
  Startup startup;
  std::variant<Options, Farewell> parsed = parseOptions(argc, argv, sources.variable);
  if (const Farewell* farewell = std::get_if<Farewell>(&parsed)) {
    startup.exitCode = farewell->exitCode;
    (farewell->exitCode == kExitOk ? startup.out : startup.err) = farewell->text;
    return startup;
  }
  const Options& options = std::get<Options>(parsed);
  Configuration configuration = configure(options, sources);
  if (!configuration.ok()) return reportMistakes(options, configuration);
  if (!options.json) startup.err = configuration.file.warningText();
  if (options.printConfig) {
    startup.out = printConfig(configuration.bootstrap);
  } else if (options.test) {
    startup.out = options.json ? configuration.file.json() : summary(options, configuration.bootstrap);
  } else {
    startup.bootstrap = std::move(configuration.bootstrap);
  }
  return startup;
}

}  // namespace headgate::server
