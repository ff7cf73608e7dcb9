// What goes through the server codec and out of the client codec is read by a strict backend as the same requests: over
// deterministic mutations of the fuzzers' seeds, several on a connection.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "test/support/mutations.h"
#include "test/support/passing_proxy.h"

namespace headgate::test {
namespace {

TEST(Smuggling, ARequestThatEndsWithinAnotherIsNotPassedOn) {
  PassingProxy proxy;
  proxy.feed(
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
      1000);
  EXPECT_TRUE(proxy.passed().empty());
}

TEST(Smuggling, WholeRequestsAreSeenByTheBackend) {
  PassingProxy proxy;
  proxy.feed(
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabPOST /b HTTP/1.1\r\nHost: h\r\n"
      "Transfer-Encoding: chunked\r\n\r\n1;x\r\nc\r\n0\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\nGET /cut",
      7);
  const std::vector<PassedRequest> expected{
      {"POST", "/a", "h", "ab"}, {"POST", "/b", "h", "c"}, {"GET", "/c", "h", ""}};
  EXPECT_EQ(proxy.passed(), expected);
  EXPECT_EQ(viewOf(proxy.wires()).requests, expected);
}

TEST(Smuggling, TheBackendSeesTheRequestsThatTheProxySees) {
  const std::vector<std::string> seeds = corpus("h1_request");
  ASSERT_GE(seeds.size(), 20U);
  std::mt19937 random(20240602);
  size_t passed = 0;
  constexpr size_t kRounds = 3000;
  for (size_t i = 0; i < kRounds; ++i) {
    std::string bytes;
    for (size_t parts = 1 + random() % 3; parts > 0; --parts) bytes += seeds[random() % seeds.size()];
    bytes = mutate(std::move(bytes), random);
    PassingProxy proxy;
    proxy.feed(bytes, 1 + random() % (bytes.size() + 1));
    const BackendView view = viewOf(proxy.wires());
    ASSERT_EQ(view.complaint, "") << testing::PrintToString(bytes);
    ASSERT_TRUE(view.requests == proxy.passed()) << testing::PrintToString(bytes);
    passed += proxy.passed().size();
  }
  EXPECT_GT(passed, kRounds / 10) << "the mutations are too wild to say much";
}

}  // namespace
}  // namespace headgate::test
