#include <CLI/CLI.hpp>

#include <cstdio>

#include "admin/command/admin_call.h"
#include "admin/command/command.h"
#include "source/server/admin_config.h"
#include "source/server/configure.h"

namespace headgate::admin {
namespace {

constexpr base::Duration kPatience = std::chrono::seconds(5);

// Where the admin listener of the config file is.
base::Result<std::string> configured(const std::string& path) {
  server::Options options;
  options.config = server::Setting{path, "--config"};
  const server::Configuration configuration = server::configure(options, config::ReferenceSources::ofProcess());
  if (!configuration.ok())
    return base::fail(base::ErrorCode::Config, base::ErrorSource::Config,
                      path + " has mistakes; headgate --test shows them");
  return server::adminAddressText(configuration.bootstrap.admin);
}

int fail(const std::string& message) {
  std::fprintf(stderr, "headgate healthcheck: %s\n", message.c_str());
  return 1;
}

}  // namespace

int runHealthcheck(int argc, const char* const* argv, const server::VariableLookup& variable) {
  CLI::App app("Asks a running Headgate whether it takes requests: exit code 0 if it does, else 1.",
               "headgate healthcheck");
  std::string address = variable("HEADGATE_ADMIN").value_or("");
  std::string config = variable("HEADGATE_CONFIG").value_or("");
  app.add_option("--admin", address,
                 "Its admin listener [HEADGATE_ADMIN]; default: that of the config file, else 127.0.0.1:9901")
      ->type_name("ADDRESS");
  app.add_option("-c,--config", config, "Its config file [HEADGATE_CONFIG]")->type_name("FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? server::kExitOk : server::kExitBadUsage;
  }
  if (address.empty() && !config.empty()) {
    auto found = configured(config);
    if (!found) return fail(found.error().message);
    address = std::move(*found);
  }
  if (address.empty()) address = server::adminAddressText({});
  if (address == server::AdminConfig::kOff) return fail("the admin listener is off");
  const auto callable = callableAddress(address);
  if (!callable) return fail(callable.error().message);
  const auto reply = callAdmin(*callable, {http::Method::Get, "/ready", {}, {}, {}}, {}, kPatience);
  if (!reply) return fail(address + ": " + reply.error().message);
  std::fputs(reply->body.c_str(), reply->status == 200 ? stdout : stderr);
  return reply->status == 200 ? 0 : 1;
}

}  // namespace headgate::admin
