#include "source/http/characters.h"

#include <gtest/gtest.h>

namespace headgate::http {
namespace {

// RFC 9110 section 5.6.2, spelled out once more.
constexpr std::string_view kTokenChars =
    "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

TEST(Characters, KnowsTokensAndLowersThem) {
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const bool expected = kTokenChars.find(c) != std::string_view::npos;
    EXPECT_EQ(is(c, kTokenChar), expected) << byte;
    EXPECT_EQ(lowerToken(c), expected ? base::lower(c) : '\0') << byte;
  }
}

TEST(Characters, KnowsFieldValues) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool expected = byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    EXPECT_EQ(is(static_cast<char>(byte), kFieldValueChar), expected) << byte;
  }
}

TEST(Characters, FindsTheEndOfAFieldValueAtEveryOffset) {
  for (size_t size = 0; size < 40; ++size) {
    const std::string clean(size, 'x');
    EXPECT_EQ(skipFieldValue(clean.data(), clean.data() + size), clean.data() + size);
    for (size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text = clean;
        text[at] = static_cast<char>(byte);
        const bool isAllowed = is(text[at], kFieldValueChar);
        ASSERT_EQ(skipFieldValue(text.data(), text.data() + size) - text.data(),
                  static_cast<long>(isAllowed ? size : at))
            << "byte " << byte << " at " << at << " of " << size;
      }
    }
  }
}

TEST(Characters, FindsAControlCharacterBehindATab) {
  const std::string_view text("a\tb\tc\x01zzzzzzzzz", 16);
  EXPECT_EQ(skipFieldValue(text.data(), text.data() + text.size()), text.data() + 5);
}

TEST(Characters, QuotesWhatIsNotPrintableAndCutsWhatIsLong) {
  EXPECT_EQ(inQuotes("ab c"), "\"ab c\"");
  EXPECT_EQ(inQuotes(std::string_view("a\0\r\xFF", 4)), "\"a\\x00\\x0D\\xFF\"");
  EXPECT_EQ(inQuotes(std::string(60, 'a')), "\"" + std::string(48, 'a') + "...\"");
}

}  // namespace
}  // namespace headgate::http
