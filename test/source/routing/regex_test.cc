#include "source/routing/regex.h"

#include <gtest/gtest.h>

namespace headgate::routing {
namespace {

std::shared_ptr<const Regex> regex(std::string_view pattern) {
  auto compiled = Regex::compile(pattern);
  EXPECT_TRUE(compiled.has_value()) << pattern;
  return *compiled;
}

TEST(Regex, MatchesBytes) {
  EXPECT_TRUE(
      regex("a.c")->matches("a\xff"
                            "c"));
  EXPECT_TRUE(regex("caf\xc3\xa9")->matches("caf\xc3\xa9"));
  EXPECT_FALSE(regex("a")->matches("ab"));
}

TEST(Regex, KnowsWhatItsMatchesBeginWith) {
  for (const auto& [pattern, prefix] : {std::pair{"/users/[0-9]+", "/users/"},
                                        {"/a", "/a"},
                                        {"^/a$", "/a"},
                                        {"/ab?", "/a"},
                                        {"/a|/b", "/"},
                                        {".*", ""},
                                        {"(/x)+", "/x"},
                                        {"/a{2}b", "/aab"},
                                        {"(?i)/x", "/"},
                                        {"/a/.*|/a/b", "/a/"},
                                        {"[/]x", "/x"},
                                        {"/a/.*", "/a/"},
                                        {"/a/.*|/a0", "/a"}}) {
    EXPECT_EQ(regex(pattern)->literalPrefix(), prefix) << pattern;
  }
}

TEST(Regex, ReplacesTheFirstMatch) {
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  EXPECT_EQ(regex("^/a/(.*)$")->replaceFirst("/a/x", "/\\1", arena), "/x");
  EXPECT_EQ(regex("/v([0-9]+)")->replaceFirst("/x/v2/v3", "/version\\1", arena), "/x/version2/v3");
  EXPECT_EQ(regex("b")->replaceFirst("/a", "c", arena), "/a");
  EXPECT_EQ(regex("(a)(b)?")->replaceFirst("/a/", "\\2\\1\\0\\\\", arena), "/aa\\/");
  EXPECT_EQ(regex("^")->replaceFirst("/a", "/x", arena), "/x/a");
  EXPECT_EQ(regex("/a")->replaceFirst("/a", "", arena), "");
}

TEST(Regex, ChecksASubstitution) {
  const auto two = regex("(a)(b)");
  EXPECT_EQ(two->checkSubstitution("\\2\\1\\0 \\\\"), "");
  EXPECT_NE(two->checkSubstitution("\\3"), "");
  EXPECT_NE(two->checkSubstitution("\\x"), "");
  EXPECT_NE(two->checkSubstitution("a\\"), "");
}

}  // namespace
}  // namespace headgate::routing
