#include "source/http/path.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace headgate::http {
namespace {

struct PathCase {
  const char* rule;  // the section of RFC 3986, or why
  std::string target;
  std::string normal;  // empty: refused
};
std::ostream& operator<<(std::ostream& out, const PathCase& example) {
  return out << example.rule << ": " << example.target;
}

class PathTest : public testing::TestWithParam<PathCase> {
 protected:
  base::ChunkPool pool;
  base::Arena arena{pool};
};

TEST_P(PathTest, NormalizesOrRefuses) {
  const auto& [rule, target, normal] = GetParam();
  const auto result = normalizeTarget(target, arena);
  if (normal.empty()) {
    ASSERT_FALSE(result) << *result;
    EXPECT_EQ(result.error().code, base::ErrorCode::BadRequest);
    EXPECT_EQ(result.error().source, base::ErrorSource::Downstream);
    EXPECT_FALSE(result.error().message.empty());
    return;
  }
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, normal);
  const auto again = normalizeTarget(*result, arena);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->data(), result->data()) << "a canonical path is not copied";
}

const std::string kNul("/a\0b", 4);

INSTANTIATE_TEST_SUITE_P(
    Rfc3986, PathTest,
    testing::Values(
        PathCase{"3.3 root", "/", "/"}, PathCase{"3.3 plain", "/a/b.c;v=1,2/~x", "/a/b.c;v=1,2/~x"},
        PathCase{"3.3 empty segments stay", "//a///b//", "//a///b//"},
        PathCase{"3.4 query stays", "/a?b=/../%2e%zz\\?c", "/a?b=/../%2e%zz\\?c"},
        PathCase{"3.4 empty query stays", "/a?", "/a?"},
        PathCase{"6.2.2.2 unreserved decoded", "/%61%7E%2D%5f%30", "/a~-_0"},
        PathCase{"6.2.2.2 decoded once", "/%2561", "/%2561"}, PathCase{"6.2.2.2 percent itself stays", "/%25", "/%25"},
        PathCase{"6.2.2.1 hex upper-cased", "/%c3%a9%2f%2F%3a", "/%C3%A9%2F%2F%3A"},
        PathCase{"6.2.2.1 path case kept", "/AbC", "/AbC"}, PathCase{"2.2 encoded backslash stays", "/a%5cb", "/a%5Cb"},
        PathCase{"2.2 encoded CRLF stays", "/%0d%0a", "/%0D%0A"}, PathCase{"5.2.4 dot", "/a/./b", "/a/b"},
        PathCase{"5.2.4 last dot", "/a/.", "/a/"}, PathCase{"5.2.4 dot alone", "/.", "/"},
        PathCase{"5.2.4 dots", "/a/b/../c", "/a/c"}, PathCase{"5.2.4 last dots", "/a/b/..", "/a/"},
        PathCase{"5.2.4 dots to the root", "/a/..", "/"}, PathCase{"5.2.4 example", "/a/b/c/./../../g", "/a/g"},
        PathCase{"5.2.4 dots before query", "/a/..?x", "/?x"},
        PathCase{"5.2.4 empty segment is one", "/a//../b", "/a/b"},
        PathCase{"5.2.4 into an empty first segment", "/a/..//b", "//b"},
        PathCase{"5.2.4 three dots are a name", "/.../a", "/.../a"},
        PathCase{"5.2.4 dotted names", "/.a/..b/c./d..", "/.a/..b/c./d.."},
        PathCase{"6.2.2.3 encoded dots", "/a/%2e%2E/b", "/b"},
        PathCase{"6.2.2.3 half-encoded dots", "/a/.%2e/%2e/b", "/b"},
        PathCase{"6.2.2.3 encoded slash is no separator", "/a/..%2fb", "/a/..%2Fb"},
        PathCase{"6.2.2.3 dots after double encoding stay", "/a/%252e%252e/b", "/a/%252e%252e/b"},
        PathCase{"browsers send these raw", "/a\"<>^`{|}", "/a\"<>^`{|}"}, PathCase{"above the root", "/..", ""},
        PathCase{"above the root, encoded", "/%2e%2e/a", ""}, PathCase{"above the root, later", "/a/../../b", ""},
        PathCase{"above the root, by dots", "/./../a", ""}, PathCase{"2.1 malformed", "/%", ""},
        PathCase{"2.1 malformed, short", "/%2", ""}, PathCase{"2.1 malformed, letters", "/%g0", ""},
        PathCase{"2.1 malformed, before query", "/%2?0", ""}, PathCase{"2.1 malformed, broken by slash", "/%2/0", ""},
        PathCase{"%00", "/a%00b", ""}, PathCase{"raw NUL", kNul, ""}, PathCase{"raw space", "/a b", ""},
        PathCase{"raw tab", "/a\tb", ""}, PathCase{"raw CR", "/a\rb", ""}, PathCase{"raw LF", "/a\nb", ""},
        PathCase{"raw DEL", "/a\x7F", ""}, PathCase{"raw backslash", "/a\\..\\b", ""},
        PathCase{"3.5 fragment", "/a#b", ""}, PathCase{"raw high byte", "/\xC3\xA9", ""},
        PathCase{"fragment behind query", "/a?b#c", ""}, PathCase{"space in query", "/a?b c", ""},
        PathCase{"high byte in query", "/a?\xC3\xA9", ""}, PathCase{"control in query", "/a?\r\n", ""},
        PathCase{"no slash", "a/b", ""}, PathCase{"empty", "", ""}, PathCase{"query alone", "?a", ""},
        PathCase{"asterisk", "*", ""}));

TEST(Path, CanonicalTextIsReturnedAsItIs) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  const std::string_view target = "/v1/users/42?expand=all";
  EXPECT_EQ(normalizeTarget(target, arena)->data(), target.data());
  EXPECT_EQ(arena.footprint(), 0U);
}

TEST(Path, ManyDotSegmentsCostLinearTime) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  std::string target;
  for (int i = 0; i < 20000; ++i) target += "/a";
  for (int i = 0; i < 20000; ++i) target += "/..";
  EXPECT_EQ(*normalizeTarget(target, arena), "/");
}

// ---- rules

std::string normalizedBy(std::string_view target, const PathRules& rules) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  const auto once = normalizeTarget(target, arena, rules);
  if (!once) return "refused";
  EXPECT_EQ(*normalizeTarget(*once, arena, rules), *once) << "normalising twice changes nothing more";
  return std::string(*once);
}

TEST(PathRules, SlashesStayApartUnlessTheyAreMerged) {
  EXPECT_EQ(normalizedBy("//a///b//", {}), "//a///b//");
  constexpr PathRules kMerge{.mergeSlashes = true};
  EXPECT_EQ(normalizedBy("/", kMerge), "/");
  EXPECT_EQ(normalizedBy("/a/b/", kMerge), "/a/b/");
  EXPECT_EQ(normalizedBy("//", kMerge), "/");
  EXPECT_EQ(normalizedBy("//a///b//?c//d", kMerge), "/a/b/?c//d");
  EXPECT_EQ(normalizedBy("/a//../b", kMerge), "/b") << "merged before dots are removed";
  EXPECT_EQ(normalizedBy("/a/.//b", kMerge), "/a/b");
  EXPECT_EQ(normalizedBy("/a/..//b", kMerge), "/b");
  EXPECT_EQ(normalizedBy("//..", kMerge), "refused");
  EXPECT_EQ(normalizedBy("/a%2F/b", kMerge), "/a%2F/b");
}

TEST(PathRules, EncodedSlashesAreKeptDecodedOrRefused) {
  EXPECT_EQ(normalizedBy("/a%2fb%5cc", {}), "/a%2Fb%5Cc");
  EXPECT_EQ(normalizedBy("/a/..%2Fb", {}), "/a/..%2Fb");
  constexpr PathRules kDecode{.escapedSlashes = EscapedSlashes::Decode};
  EXPECT_EQ(normalizedBy("/a%2fb%2F?c%2Fd", kDecode), "/a/b/?c%2Fd");
  EXPECT_EQ(normalizedBy("/a/..%2Fb", kDecode), "/b");
  EXPECT_EQ(normalizedBy("/..%2F", kDecode), "refused");
  EXPECT_EQ(normalizedBy("/a%252Fb", kDecode), "/a%252Fb") << "decoded once";
  EXPECT_EQ(normalizedBy("/a%5Cb", kDecode), "refused");
  EXPECT_EQ(normalizedBy("/a%2F%2Fb", kDecode), "/a//b");
  constexpr PathRules kRefuse{.escapedSlashes = EscapedSlashes::Refuse};
  EXPECT_EQ(normalizedBy("/a%2Fb", kRefuse), "refused");
  EXPECT_EQ(normalizedBy("/a%5cb", kRefuse), "refused");
  EXPECT_EQ(normalizedBy("/a/b?c%2Fd", kRefuse), "/a/b?c%2Fd");
}

TEST(PathRules, Together) {
  constexpr PathRules kBoth{.mergeSlashes = true, .escapedSlashes = EscapedSlashes::Decode};
  EXPECT_EQ(normalizedBy("/a%2F/%2fb/%2e%2E/c", kBoth), "/a/c");
}

}  // namespace
}  // namespace headgate::http
