// Any bytes as a request head: no split changes the outcome, and what comes out is clean and canonical.

#include "source/http/authority.h"
#include "source/http/h1/request_target.h"
#include "source/http/path.h"
#include "test/fuzz/h1_head_checks.h"

namespace headgate::fuzz {
namespace {

void checkTarget(const test::ParsedHead& head) {
  if (head.path != "*") {
    base::ChunkPool pool;
    base::Arena arena(pool);
    const auto again = http::normalizeTarget(head.path, arena);
    require(again && *again == head.path, "paths are canonical", head.path);
  }
  if (head.authority.empty()) {
    return require(head.version == http::Version::Http10, "HTTP/1.1 has an authority");
  }
  std::string authority = head.authority;
  const auto again = http::readAuthority(authority.data(), authority.size());
  require(again && *again == head.authority, "authorities are canonical", head.authority);
}

}  // namespace
}  // namespace headgate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headgate;
  const std::string_view bytes = fuzz::textOf(data, size);
  fuzz::checkHead(bytes, {}, {});
  fuzz::checkHead(bytes, {}, {.maxBytes = 128, .maxFields = 4});
  const test::ParsedHead head = test::parseWhole(bytes);
  if (head.done()) fuzz::checkTarget(head);
  return 0;
}
