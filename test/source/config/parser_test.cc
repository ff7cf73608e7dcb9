#include "source/config/parser.h"

#include <gtest/gtest.h>

namespace headgate::config {
namespace {

std::string errorOf(std::string_view text, const ParseOptions& options = kConfigFile) {
  Errors errors("t", text);
  const std::optional<Node> root = parseJson(text, options, errors);
  EXPECT_EQ(root.has_value(), errors.empty());
  EXPECT_LE(errors.count(), 1u);
  return errors.text();
}

TEST(Parser, KeepsTheOrderOfMembers) {
  const std::string text = R"({"z": 1, "a": 2, "m": 3})";
  Errors errors("t", text);
  const std::optional<Node> root = parseJsonc(text, errors);
  ASSERT_TRUE(root);
  ASSERT_EQ(root->children().size(), 3u);
  EXPECT_EQ(root->children()[0].key(), "z");
  EXPECT_EQ(root->children()[2].key(), "m");
}

TEST(Parser, KnowsWhereEveryValueAndKeyBegins) {
  const std::string text =
      R"( {"s" : "a\\\"b\\", "n":-1.5e+3,"t":true,"f" : false, "z":null, "o": { }, "l":[ "x" ,2] /* "y */})";
  Errors errors("t", text);
  const std::optional<Node> root = parseJsonc(text, errors);
  ASSERT_TRUE(root) << errors.text();
  EXPECT_EQ(root->offset(), 1u);
  for (const Node& member : root->children()) {
    EXPECT_EQ(text.substr(member.keyOffset(), 3), "\"" + member.key() + "\"");
    const std::string starts = "\"-tfn{[";
    EXPECT_NE(starts.find(text[member.offset()]), std::string::npos) << member.key();
  }
  EXPECT_EQ(text.substr(root->find("s")->offset(), 4), "\"a\\\\");
  EXPECT_EQ(text.substr(root->find("n")->offset(), 7), "-1.5e+3");
  EXPECT_EQ(text.substr(root->find("f")->offset(), 5), "false");
  EXPECT_EQ(text[root->find("l")->children()[1].offset()], '2');
}

TEST(Parser, AcceptsCommentsAndTrailingCommasOnlyWhenAsked) {
  constexpr std::string_view kComment = "{ /* c */ \"a\": 1 // d\n}";
  constexpr std::string_view kCommas = R"({"a": [1, 2,],})";
  EXPECT_EQ(errorOf(kComment), "");
  EXPECT_EQ(errorOf(kCommas), "");
  EXPECT_NE(errorOf(kComment, ParseOptions{}), "");
  EXPECT_NE(errorOf(kCommas, ParseOptions{}), "");
  EXPECT_EQ(errorOf(kComment, {.comments = true}), "");
  EXPECT_NE(errorOf(kCommas, {.comments = true}), "");
  EXPECT_EQ(errorOf(kCommas, {.trailingCommas = true}), "");
}

TEST(Parser, RefusesDuplicateKeysAtTheSecondOne) {
  EXPECT_EQ(errorOf("{\"a\": 1,\n \"b\": {\"a\": 2}, \"a\": 3}"), "t:2:17: duplicate key \"a\"\n");
  EXPECT_EQ(errorOf(R"({"a": 1, "\u0061": 2})"), "t:1:10: duplicate key \"a\"\n");
}

TEST(Parser, TellsWhatIsWrongWithTheSyntaxAndWhere) {
  EXPECT_EQ(errorOf(""), "t: the document is empty; expected a JSON value\n");
  EXPECT_EQ(errorOf("{\n  \"a\" 1}"), "t:2:7: expected ':' after the key\n");
  EXPECT_EQ(errorOf("{\"a\": 1 \"b\": 2}"), "t:1:9: expected ',' or '}' after a member of an object\n");
  EXPECT_EQ(errorOf("[1 2]"), "t:1:4: expected ',' or ']' after an element of an array\n");
  EXPECT_EQ(errorOf("{a: 1}"), "t:1:2: expected a key in double quotes, or '}'\n");
  EXPECT_EQ(errorOf("[nul]"), "t:1:5: expected a JSON value\n");
  EXPECT_EQ(errorOf("{} {}"), "t:1:4: expected the end of the document, got more text\n");
  EXPECT_EQ(errorOf("[\"abc"), "t:1:6: a string without its closing quote\n");
  EXPECT_EQ(errorOf("/* open"), "t:1:8: a comment that does not end, or a stray '/'\n");
  EXPECT_EQ(errorOf("[1e999]"), "t:1:2: a number too big\n");
}

TEST(Parser, RefusesMalformedUtf8InStrings) {
  for (const char* text : {"[\"\xFF\"]", "[\"\xC0\xAF\"]", "[\"\xED\xA0\x80\"]", "[\"\xC3\"]", "{\"\x80\": 1}"}) {
    EXPECT_NE(errorOf(text).find("malformed UTF-8"), std::string::npos) << text;
  }
  EXPECT_NE(errorOf(R"(["\ud800"])"), "");
}

TEST(Parser, RefusesTextBehindANul) {
  EXPECT_EQ(errorOf(std::string_view("{}\0{\"a\":", 8)), "t:1:3: a NUL byte, which no JSON document has\n");
}

TEST(Parser, SkipsAByteOrderMark) {
  const std::string text = "\xEF\xBB\xBF{\"a\": 1}";
  Errors errors("t", text);
  const std::optional<Node> root = parseJsonc(text, errors);
  ASSERT_TRUE(root) << errors.text();
  EXPECT_EQ(text[root->find("a")->offset()], '1');
}

TEST(Parser, AcceptsADepthOf64AndRefuses65) {
  EXPECT_EQ(errorOf(std::string(64, '[') + std::string(64, ']')), "");
  EXPECT_EQ(errorOf(std::string(65, '[') + std::string(65, ']')), "t:1:65: arrays and objects nested deeper than 64\n");
}

TEST(Parser, SurvivesAMegabyteOfOpenBrackets) {
  EXPECT_NE(errorOf(std::string(1 << 20, '[')), "");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_NE(errorOf(objects), "");
}

TEST(Parser, KeepsToTheLimitsOfItsOptions) {
  EXPECT_EQ(errorOf("[1,2,3]", {.maxBytes = 7}), "");
  EXPECT_NE(errorOf("[1,2,3]", {.maxBytes = 6}).find("at most 6"), std::string::npos);
  EXPECT_EQ(errorOf("[1,2,3]", {.maxValues = 4}), "");
  EXPECT_NE(errorOf("[1,2,3]", {.maxValues = 3}).find("more than 3 values"), std::string::npos);
  EXPECT_NE(errorOf("[[1]]", {.maxDepth = 1}), "");
}

TEST(Parser, ReadsNumbersExactly) {
  const std::string text =
      "[0.1, 9007199254740993, 18446744073709551615, 1.7976931348623157e308, 0e308, 1e-400, 0.1E+1, -7, "
      "18446744073709551616]";
  Errors errors("t", text);
  const std::optional<Node> root = parseJson(text, {}, errors);
  ASSERT_TRUE(root) << errors.text();
  EXPECT_EQ(root->children()[0].number(), 0.1);
  EXPECT_EQ(root->children()[1].integer(), 9007199254740993u);
  EXPECT_EQ(root->children()[2].integer(), 18446744073709551615u);
  EXPECT_EQ(root->children()[3].number(), 1.7976931348623157e308);
  EXPECT_EQ(root->children()[4].integer(), 0u);
  EXPECT_EQ(root->children()[5].number(), 0);
  EXPECT_EQ(root->children()[6].integer(), 1u);
  EXPECT_EQ(root->children()[7].number(), -7);
  EXPECT_EQ(root->children()[8].number(), 18446744073709551616.0);
}

TEST(Parser, RefusesNumbersTooBig) {
  EXPECT_EQ(errorOf("[1e309]"), "t:1:2: a number too big\n");
  EXPECT_EQ(errorOf("[-18e307]"), "t:1:2: a number too big\n");
  EXPECT_EQ(errorOf("[" + std::string(400, '9') + "]"), "t:1:2: a number too big\n");
}

TEST(Parser, RefusesNumbersThatJsonDoesNotHave) {
  for (const char* text : {"[01]", "[+1]", "[.5]", "[1.]", "[1e]", "[0x10]", "[NaN]", "[Infinity]", "[-]", "[1_000]"}) {
    EXPECT_NE(errorOf(text), "") << text;
  }
}

}  // namespace
}  // namespace headgate::config
