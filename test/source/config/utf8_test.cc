#include "source/config/utf8.h"

#include <gtest/gtest.h>

namespace headgate::config {
namespace {

TEST(Utf8, MeasuresWellFormedSequences) {
  EXPECT_EQ(utf8SequenceLength("a"), 1u);
  EXPECT_EQ(utf8SequenceLength("\u00e9"), 2u);
  EXPECT_EQ(utf8SequenceLength("\u20ac"), 3u);
  EXPECT_EQ(utf8SequenceLength("\U0001F600"), 4u);
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndTruncation) {
  for (const char* text :
       {"", "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3x", "\xFF"}) {
    EXPECT_EQ(utf8SequenceLength(text), 0u) << text;
  }
}

TEST(Utf8, JudgesWholeTexts) {
  EXPECT_TRUE(isUtf8(""));
  EXPECT_TRUE(isUtf8("gr\u00fc\u00df dich"));
  EXPECT_FALSE(isUtf8("abc\xFF"));
}

TEST(Utf8, MakesTextSafeForATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\x7f\n"), "a?[31mb??");
  EXPECT_EQ(printable("\xC2\x9B"
                      "1m"),
            "?1m");
  EXPECT_EQ(printable("\u00fc\xFF"), "\u00fc?");
}

TEST(Utf8, FindsControlCharacters) {
  EXPECT_FALSE(hasControlCharacters("plain \u00fc"));
  EXPECT_TRUE(hasControlCharacters("a\tb"));
  EXPECT_TRUE(hasControlCharacters(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace headgate::config
