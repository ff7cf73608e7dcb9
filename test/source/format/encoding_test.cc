#include "source/format/encoding.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "source/config/utf8.h"

namespace headgate::format {
namespace {

std::string encoded(std::string_view text, Encoding encoding, size_t maxBytes = 200) {
  // Of exactly that size, so that a sanitizer sees the first byte too many.
  std::string room(maxBytes, '\0');
  room.resize(static_cast<size_t>(encode(room.data(), maxBytes, text, encoding) - room.data()));
  return room;
}

TEST(Encode, LeavesFieldValuesAsTheyAre) {
  EXPECT_EQ(encoded("a\tb \"c\" \\ \xFF", Encoding::Plain), "a\tb \"c\" \\ \xFF");
  EXPECT_EQ(encoded(std::string_view("\0a\r\n\x7F", 5), Encoding::Plain), " a   ");
  EXPECT_EQ(encoded("abcdef", Encoding::Plain, 3), "abc");
}

TEST(Encode, TakesTheMarkupOutOfHtml) {
  EXPECT_EQ(encoded("<script>alert('a&\"b')</script>", Encoding::Html),
            "&lt;script&gt;alert(&#39;a&amp;&quot;b&#39;)&lt;/script&gt;");
  EXPECT_EQ(encoded("b\xC3\xBC\xFF\n", Encoding::Html), "b\xC3\xBC? ");
  EXPECT_EQ(encoded("ab<", Encoding::Html, 5), "ab");
}

TEST(Encode, StaysWithinItsBoundsWhateverComes) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string text(random() % 40, '\0');
    for (char& c : text) c = static_cast<char>(random());
    const size_t bound = 3 + random() % 60;
    for (const Encoding to : {Encoding::Text, Encoding::Json, Encoding::JsonText, Encoding::Plain, Encoding::Html}) {
      const std::string result = encoded(text, to, bound);
      ASSERT_LE(result.size(), bound);
      ASSERT_LE(result.size(), text.size() * expansion(to) + 3);
      ASSERT_FALSE(config::hasControlCharacters(result) && result.find('\t') == std::string::npos &&
                   to != Encoding::Plain && to != Encoding::Html);
      ASSERT_EQ(result.find_first_of(std::string_view("\0\r\n\x7F", 4)), std::string::npos);
    }
    ASSERT_EQ(encoded(text, Encoding::Html, bound).find_first_of("<>\"'"), std::string::npos);
    ASSERT_TRUE(config::isUtf8(encoded(text, Encoding::Html, bound)));
  }
}

}  // namespace
}  // namespace headgate::format
