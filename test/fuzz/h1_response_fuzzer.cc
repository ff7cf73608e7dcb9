// Any bytes as a response head, as the answer to GET, to HEAD and to an upgrade.

#include "test/fuzz/h1_head_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headgate;
  const std::string_view bytes = fuzz::textOf(data, size);
  fuzz::checkHead(bytes, test::kResponse, {});
  fuzz::checkHead(bytes, test::kResponse, {.maxBytes = 128, .maxFields = 4});
  const test::ParsedHead toHead = test::parseWhole(bytes, {.isResponse = true, .request = http::Method::Head});
  fuzz::require(!toHead.done() || toHead.framing == http::h1::BodyFraming::None, "an answer to HEAD has no body");
  fuzz::checkHead(bytes, {.isResponse = true, .upgradeRequested = true}, {});
  const test::ParsedHead toGet = test::parseWhole(bytes, test::kResponse);
  fuzz::require(!toGet.done() || toGet.status != 101, "nobody switches protocols unasked");
  return 0;
}
