// Our reading of HTTP/1 against llhttp's (strict): over the fuzzers' seeds, and over deterministic mutations of them.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "test/support/llhttp/oracle.h"

namespace headgate::test {
namespace {

std::vector<std::string> seeds(const std::string& corpus) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(HEADGATE_SOURCE_DIR "/test/fuzz/corpus/" + corpus))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> result;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    result.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return result;
}

// One to three small changes, mostly of what matters to framing.
std::string mutate(std::string bytes, std::mt19937& random) {
  static constexpr std::array<std::string_view, 24> kPieces{"\r\n",
                                                            "\r",
                                                            "\n",
                                                            " ",
                                                            "\t",
                                                            ":",
                                                            ",",
                                                            ";",
                                                            "\"",
                                                            "0",
                                                            "5",
                                                            "chunked",
                                                            "Transfer-Encoding: chunked\r\n",
                                                            "Content-Length: 5\r\n",
                                                            "Connection: close\r\n",
                                                            "Host: b\r\n",
                                                            "\x01",
                                                            "\x7F",
                                                            "\x80",
                                                            "/",
                                                            "%2e",
                                                            "HTTP/1.0",
                                                            "Upgrade: x\r\n",
                                                            "="};
  const auto below = [&](size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (size_t changes = 1 + below(3); changes > 0; --changes) {
    const size_t at = below(bytes.size() + 1);
    switch (below(4)) {
      case 0: bytes.insert(at, kPieces[below(kPieces.size())]); break;
      case 1: bytes.erase(at, 1 + below(4)); break;
      case 2:
        if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
        break;
      default: bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(30))); break;
    }
  }
  return bytes;
}

void compareMutations(const std::string& corpus, const HeadKind& kind, size_t rounds) {
  const std::vector<std::string> originals = seeds(corpus);
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
