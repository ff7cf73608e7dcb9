// The configuration, from any bytes: parse, fill in references, read, print the mistakes; and what reads well prints
// and reads again to the same. References lead to a small table, never to the environment or files of the machine.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "source/config/loader.h"
#include "source/config/parser.h"
#include "source/server/bootstrap.h"
#include "source/server/print_config.h"
#include "test/source/server/fake_filters.h"

namespace headgate {
namespace {

config::ReferenceSources sources() {
  config::ReferenceSources result;
  result.variable = [](std::string_view name) -> std::optional<std::string> {
    if (name == "A") return "127.0.0.1:8081";
    if (name == "EMPTY") return "";
    return std::nullopt;
  };
  result.file = [](const std::string& path) -> base::Result<std::string> {
    if (path == "/a") return "a\n";
    return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, "cannot be read: No such file or directory");
  };
  return result;
}

void require(bool condition) {
  if (!condition) std::abort();
}

void readStrictly(std::string_view text) {
  config::Errors errors("strict", text);
  const bool parsed = config::parseJson(text, {}, errors).has_value();
  require(parsed == errors.empty());
}

void readAsConfig(std::string_view text) {
  config::Document document = config::loadText("fuzz", text, sources());
  require(document.root.has_value() || !document.errors.empty());
  if (!document.root) return (void)document.errors.text();
  const server::Bootstrap bootstrap = server::readBootstrap(*document.root, document.errors);
  if (!document.errors.empty()) {
    (void)document.errors.text();
    (void)document.errors.json();
    return;
  }
  const std::string printed = server::printConfig(bootstrap);
  config::Document again = config::loadText("printed", printed, sources());
  require(again.root.has_value() && again.errors.empty());
  require(server::printConfig(server::readBootstrap(*again.root, again.errors)) == printed);
  require(again.errors.empty());
}

}  // namespace
}  // namespace headgate

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  headgate::server::registerFakeFilters();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  headgate::readStrictly(text);
  headgate::readAsConfig(text);
  return 0;
}
