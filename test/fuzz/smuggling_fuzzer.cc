// Any bytes as what a client sends on a connection. They go through the server codec, and as a proxy passes them on
// through the client codec, to a strict backend (llhttp): it must see exactly the requests that the server codec saw,
// in whatever pieces the bytes come.

#include "test/fuzz/fuzz_check.h"
#include "test/support/passing_proxy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headgate;
  const std::string_view bytes = fuzz::textOf(data, size);
  test::PassingProxy whole;
  whole.feed(bytes, bytes.size() + 1);
  const test::BackendView view = test::viewOf(whole.wires());
  fuzz::require(view.complaint.empty(), "a strict backend takes what is passed on", view.complaint);
  fuzz::require(view.requests == whole.passed(), "the backend sees the requests that the proxy sees");

  test::PassingProxy pieces;
  pieces.feed(bytes, fuzz::stepOf(bytes));
  fuzz::require(pieces.passed() == whole.passed(), "the requests do not depend on the pieces");
  return 0;
}
