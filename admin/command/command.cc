#include "admin/command/command.h"

#include <cstdio>
#include <string_view>

#include "source/config/errors.h"

namespace headgate::admin {

std::optional<int> runCommand(int argc, const char* const* argv, const server::VariableLookup& variable) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "clients") return runClients(argc - 1, argv + 1, variable);
  if (word == "healthcheck") return runHealthcheck(argc - 1, argv + 1, variable);
  return std::nullopt;
}

base::Result<net::Address> callableAddress(std::string_view text) {
  const std::string_view given = text;
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) {
    text.remove_prefix(kScheme.size());
    if (text.ends_with('/')) text.remove_suffix(1);
  }
  std::string address(text);
  for (const std::string_view all : {"localhost:", "0.0.0.0:", ":"}) {
    if (!text.starts_with(all)) continue;
    address = "127.0.0.1:" + std::string(text.substr(all.size()));
    break;
  }
  if (text.starts_with("[::]:")) address = "[::1]" + std::string(text.substr(4));
  auto parsed = net::Address::parse(address);
  if (!parsed) {
    return base::fail(
        base::ErrorCode::Config, base::ErrorSource::Config,
        R"(expected an address such as "127.0.0.1:9901" or "unix:/path", got )" + config::quotedText(given));
  }
  return parsed;
}

}  // namespace headgate::admin
