// Our reading of HTTP/1 against llhttp's (strict): over the fuzzers' seeds, and over deterministic mutations of them.

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "test/support/llhttp/oracle.h"
#include "test/support/mutations.h"

namespace headgate::test {
namespace {

void compareMutations(const std::string& name, const HeadKind& kind, size_t rounds) {
  const std::vector<std::string> originals = test::corpus(name);
  ASSERT_GE(originals.size(), 20U);
  std::mt19937 random(20240601);
  size_t accepted = 0;
  for (const std::string& original : originals) {
    ASSERT_EQ(differenceFromLlhttp(original, kind), "") << original;
    for (size_t i = 0; i < rounds; ++i) {
      const std::string bytes = mutate(original, random);
      ASSERT_EQ(differenceFromLlhttp(bytes, kind), "") << testing::PrintToString(bytes);
      accepted += parseWhole(bytes, kind).done() ? 1 : 0;
    }
  }
  EXPECT_GT(accepted, originals.size() * rounds / 20) << "the mutations are too wild to say much";
}

TEST(H1AgainstLlhttp, RequestsAreReadTheSameOrRefused) { compareMutations("h1_request", {}, 300); }
TEST(H1AgainstLlhttp, ResponsesAreReadTheSameOrRefused) { compareMutations("h1_response", kResponse, 200); }
TEST(H1AgainstLlhttp, AnswersToHeadAreReadTheSameOrRefused) {
  compareMutations("h1_response", {.isResponse = true, .request = http::Method::Head}, 100);
}
TEST(H1AgainstLlhttp, AnswersToUpgradesAreReadTheSameOrRefused) {
  compareMutations("h1_response", {.isResponse = true, .upgradeRequested = true}, 100);
}

TEST(H1AgainstLlhttp, TheOracleSeesMessages) {
  const OracleMessage message = readWithLlhttp("POST /a HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nxyGET", {});
  EXPECT_TRUE(message.complete);
  EXPECT_EQ(message.method, "POST");
  EXPECT_EQ(message.target, "/a");
  EXPECT_EQ(message.fields, (FieldTexts{{"host", "b"}, {"content-length", "2"}}));
  EXPECT_EQ(message.body, "xy");
  EXPECT_EQ(message.consumed, 50U);
  EXPECT_EQ(readWithLlhttp("POST /a HTTP/1.1\r\nContent-Length: x\r\n\r\n", {}).error.substr(0, 26),
            "HPE_INVALID_CONTENT_LENGTH");
}

}  // namespace
}  // namespace headgate::test
