#include "source/log/escape.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace headgate::log {
namespace {

std::string escaped(std::string_view text, size_t maxBytes = 200) {
  // Of exactly that size, so that a sanitizer sees the first byte too many.
  std::string room(maxBytes, '\0');
  const char* end = escapeText(room.data(), maxBytes, text);
  room.resize(static_cast<size_t>(end - room.data()));
  return room;
}

std::string printed(std::string_view text, size_t maxBytes = 200) {
  std::string result;
  appendPrintable(result, text, maxBytes);
  return result;
}

TEST(EscapeText, LeavesPrintableAsciiAlone) {
  EXPECT_EQ(escaped(""), "");
  EXPECT_EQ(escaped("curl/8.0 (x86_64; Linux) ~!@#$%^&*"), "curl/8.0 (x86_64; Linux) ~!@#$%^&*");
}

TEST(EscapeText, EscapesWhatCouldEndTheLineOrItsQuotes) {
  EXPECT_EQ(escaped("a\nb"), "a\\x0Ab");
  EXPECT_EQ(escaped("\r\t"), "\\x0D\\x09");
  EXPECT_EQ(escaped("say \"hi\""), "say \\x22hi\\x22");
  EXPECT_EQ(escaped("back\\slash"), "back\\x5Cslash");
  EXPECT_EQ(escaped(std::string_view("\0\x7F", 2)), "\\x00\\x7F");
  EXPECT_EQ(escaped("\x1B[31m"), "\\x1B[31m");
  EXPECT_EQ(escaped("\xC3\xBC\xFF"), "\\xC3\\xBC\\xFF");
}

TEST(EscapeText, CutsAtTheBoundWithAMark) {
  EXPECT_EQ(escaped("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(escaped("abcdefghi", 8), "abcde...");
  EXPECT_EQ(escaped("abcdefghi", 3), "...");
  EXPECT_EQ(escaped("abcd\n", 8), "abcd\\x0A");
}

TEST(EscapeText, NeverCutsWithinAnEscape) {
  EXPECT_EQ(escaped("abc\n\n", 8), "abc...");
  EXPECT_EQ(escaped("\n\n", 7), "\\x0A...");
  EXPECT_EQ(escaped("\n\nx", 8), "\\x0A...");
  EXPECT_EQ(escaped("\n\n", 8), "\\x0A\\x0A");
}

TEST(EscapeText, AgreesWithTheRuleForEveryByteAtEveryPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    for (size_t before = 0; before < 10; ++before) {
      std::string text(20, 'a');
      text[before] = static_cast<char>(byte);
      ASSERT_EQ(plainPrefix(text), isPlain(text[before]) ? 20 : before) << byte;
    }
  }
}

TEST(EscapeText, StaysInBoundsAndPlainWhateverComes) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? random() : 'a' + random() % 26);
    const size_t bound = 3 + random() % 60;
    const std::string result = escaped(text, bound);
    ASSERT_LE(result.size(), bound);
    for (const char c : result) ASSERT_TRUE(isPlain(c) || c == '\\');
  }
}

TEST(AppendPrintable, KeepsQuotesAndUtf8ButNoControlCharacters) {
  EXPECT_EQ(printed("cluster \"b\xC3\xBC"
                    "cher\" \\"),
            "cluster \"b\xC3\xBC"
            "cher\" \\");
  EXPECT_EQ(printed("a\nb\x7F"), "a\\x0Ab\\x7F");
  EXPECT_EQ(printed("\xC2\x9B"
                    "31m"),
            "\\xC2\\x9B"
            "31m")
      << "CSI, a C1 control";
  EXPECT_EQ(printed("\xFF\xC3"), "\\xFF\\xC3");
}

TEST(AppendPrintable, CutsAtTheBoundWithAMark) {
  EXPECT_EQ(printed("abcdef", 6), "abcdef");
  EXPECT_EQ(printed("abcdefg", 6), "abc...");
  EXPECT_EQ(printed("ab\xC3\xBC\xC3\xBC\xC3\xBC", 6), "ab...") << "not within a character";
  EXPECT_EQ(printed("a\n\n", 8), "a\\x0A...");
}

}  // namespace
}  // namespace headgate::log
