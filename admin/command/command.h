#pragma once
// The commands that talk to a running Headgate: `headgate clients ...`, `headgate healthcheck`.

#include <optional>
#include <string>

#include "source/net/address.h"
#include "source/server/options.h"

namespace headgate::admin {

/// Runs the command that the first argument names; its exit code, or nothing if the first argument is no command of
/// these. Prints to stdout and stderr.
[[nodiscard]] std::optional<int> runCommand(int argc, const char* const* argv, const server::VariableLookup& variable);

/// `headgate clients list|get|set|delete|reset|import|export`.
[[nodiscard]] int runClients(int argc, const char* const* argv, const server::VariableLookup& variable);
/// `headgate healthcheck`: 0 when /ready answers 200.
[[nodiscard]] int runHealthcheck(int argc, const char* const* argv, const server::VariableLookup& variable);

/// Where to call: "127.0.0.1:9901", ":9901", "[::1]:9901", "unix:/path", "localhost:9901", with or without "http://"
/// before it. Of an address that stands for all, the loopback one.
[[nodiscard]] base::Result<net::Address> callableAddress(std::string_view text);

}  // namespace headgate::admin
