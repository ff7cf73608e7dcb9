#include "source/format/json_text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "source/config/utf8.h"

namespace headgate::format {
namespace {

std::string escaped(std::string_view text, size_t maxBytes = 200) {
  // Of exactly that size, so that a sanitizer sees the first byte too many.
  std::string room(maxBytes, '\0');
  const char* end = escapeJson(room.data(), maxBytes, text);
  room.resize(static_cast<size_t>(end - room.data()));
  return room;
}

TEST(EscapeJson, EscapesWhatWouldEndTheString) {
  EXPECT_EQ(escaped("plain text"), "plain text");
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("a \"b\" \\ c"), "a \\\"b\\\" \\\\ c");
  EXPECT_EQ(escaped("a\r\nb\tc"), "a\\u000d\\u000ab\\u0009c");
  EXPECT_EQ(escaped(std::string_view("\0\x1B\x7F", 3)), "\\u0000\\u001b\\u007f");
}

TEST(EscapeJson, KeepsUtf8AndReplacesWhatIsNone) {
  EXPECT_EQ(escaped("b\xC3\xBC"
                    "cher \xE2\x82\xAC \xF0\x9F\x99\x82"),
            "b\xC3\xBC"
            "cher \xE2\x82\xAC \xF0\x9F\x99\x82");
  EXPECT_EQ(escaped("\xFF\xC3x"), "\\ufffd\\ufffdx");
  EXPECT_EQ(escaped("\xED\xA0\x80"), "\\ufffd\\ufffd\\ufffd") << "a surrogate";
  EXPECT_EQ(escaped("\xC2\x9B"
                    "31m"),
            "\\u009b31m")
      << "CSI, a C1 control";
}

TEST(EscapeJson, CutsBetweenCharactersWithAMark) {
  EXPECT_EQ(escaped("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(escaped("abcdefghi", 8), "abcde...");
  EXPECT_EQ(escaped("ab\n\n", 12), "ab\\u000a...");
  EXPECT_EQ(escaped("abcd\xE2\x82\xAC\xE2\x82\xAC", 8), "abcd...");
  EXPECT_EQ(escaped("\"\"\"\"", 7), "\\\"\\\"...");
  EXPECT_EQ(escaped("\n", 3), "...");
  EXPECT_EQ(escaped("a\n", 8), "a\\u000a");
  EXPECT_EQ(escaped("ab\nc", 8), "ab...");
}

TEST(EscapeJson, IsValidJsonInBoundsWhateverComes) {
  std::mt19937 random(5);
  const std::string pieces[] = {"a",    "bc",      "\"", "\\", "\n", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x99\x82",
                                "\xFF", "\xC2\x85"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (size_t i = random() % 20; i > 0; --i) text += pieces[random() % std::size(pieces)];
    const size_t bound = 3 + random() % 50;
    const std::string result = escaped(text, bound);
    ASSERT_LE(result.size(), bound);
    ASSERT_TRUE(config::isUtf8(result));
    for (size_t i = 0; i < result.size(); ++i) {
      ASSERT_GE(static_cast<unsigned char>(result[i]), 0x20) << result;
      ASSERT_NE(result[i], '"') << result;
      if (result[i] != '\\') continue;
      ASSERT_LT(i + 1, result.size()) << result;
      i += result[i + 1] == 'u' ? 5 : 1;
      ASSERT_LT(i, result.size()) << result;
    }
  }
}

}  // namespace
}  // namespace headgate::format
