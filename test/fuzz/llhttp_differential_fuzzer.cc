// Any bytes as a message, read by us and by llhttp in strict mode. The first byte chooses: a request, or the answer to
// GET, to HEAD, to an upgrade. What we accept and llhttp refuses, or both accept and read differently, is a bug.

#include <array>

#include "test/fuzz/fuzz_check.h"
#include "test/support/llhttp/oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headgate;
  if (size == 0) return 0;
  const std::array<test::HeadKind, 4> kinds{test::HeadKind{}, test::kResponse,
                                            test::HeadKind{.isResponse = true, .request = http::Method::Head},
                                            test::HeadKind{.isResponse = true, .upgradeRequested = true}};
  const std::string difference = test::differenceFromLlhttp(fuzz::textOf(data + 1, size - 1), kinds[data[0] & 3]);
  fuzz::require(difference.empty(), "llhttp reads the same or less strictly", difference);
  return 0;
}
