// Composes: command line and configuration, log, server.

#include <glog/logging.h>

#include <cstdio>
#include <optional>

#include "admin/command/command.h"
#include "admin/context.h"
#include "admin/listener.h"
#include "source/log/glog_setup.h"
#include "source/server/configure.h"
#include "source/server/server.h"

namespace {

using namespace headgate;

log::Severity severityOf(server::LogLevel level) {
  switch (level) {
    case server::LogLevel::Debug: return log::Severity::Debug;
    case server::LogLevel::Info: return log::Severity::Info;
    case server::LogLevel::Warning: return log::Severity::Warning;
    case server::LogLevel::Error: return log::Severity::Error;
  }
  return log::Severity::Info;
}

int fail(const base::Error& error) {
  std::fprintf(stderr, "headgate: %s\n", error.message.c_str());
  return server::kExitBadConfig;
}

}  // namespace

int main(int argc, char** argv) {
  const config::ReferenceSources sources = config::ReferenceSources::ofProcess();
  if (const auto exitCode = admin::runCommand(argc, argv, sources.variable)) return *exitCode;
  server::Startup startup = server::prepare(argc, argv, sources);
  std::fputs(startup.out.c_str(), stdout);
  std::fputs(startup.err.c_str(), stderr);
  if (!startup.bootstrap) return startup.exitCode;

  const server::LogConfig& logConfig = startup.bootstrap->log;
  if (const auto ready = log::setUpGlog(severityOf(logConfig.level), logConfig.path); !ready)
    return fail(ready.error());

  admin::AuditLog audit;  // outlives the server, whose store may still report what was done
  server::Server server;
  admin::Context context{server, audit};
  admin::RouteTable routes;
  admin::addAllRoutes(routes, context);
  const server::AdminConfig adminConfig = startup.bootstrap->admin;
  std::optional<admin::AdminListener> admin;
  if (adminConfig.address) {
    admin.emplace(server.loop(), adminConfig, routes, audit);
    if (const auto opened = admin->open(); !opened) return fail(opened.error());
  }
  if (const auto started = server.start(std::move(*startup.bootstrap)); !started) return fail(started.error());
  return server.run();
}
