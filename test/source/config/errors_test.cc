#include "source/config/errors.h"

#include <gtest/gtest.h>

#include "source/config/parser.h"

namespace headgate::config {
namespace {

TEST(Errors, TellsFileLineColumnPointerAndMessage) {
  const std::string text = "{\n  \"a\": [1,\n    true]\n}";
  Errors errors("proxy.json", text);
  const std::optional<Node> root = parseJsonc(text, errors);
  ASSERT_TRUE(root);
  errors.add(root->find("a")->children()[1], "expected a number, got true");
  EXPECT_EQ(errors.text(), "proxy.json:3:5 /a/1: expected a number, got true\n");
}

TEST(Errors, PointsAtTheKeyWhenTheKeyIsWrong) {
  const std::string text = R"({"good": 1, "bda" : 2})";
  Errors errors("f", text);
  const std::optional<Node> root = parseJsonc(text, errors);
  errors.addAtKey(*root->find("bda"), "unknown key");
  EXPECT_EQ(errors.text(), "f:1:13 /bda: unknown key\n");
}

TEST(Errors, CountsColumnsInCharacters) {
  const std::string text = "{\"gr\u00fc\u00df\": \"\U0001F600\", \"x\": 1}";
  Errors errors("f", text);
  const std::optional<Node> root = parseJsonc(text, errors);
  errors.add(*root->find("x"), "m");
  EXPECT_EQ(errors.sorted()[0].column, 20u);
}

TEST(Errors, SortsByPlaceInTheDocument) {
  Errors errors("f", "aaa\nbbb\nccc");
  errors.addAt(8, "", "third");
  errors.addAt(0, "", "first");
  errors.addAt(5, "", "second");
  errors.addGlobal("--listen", "zeroth");
  EXPECT_EQ(errors.text(), "--listen: zeroth\nf:1:1: first\nf:2:2: second\nf:3:1: third\n");
}

TEST(Errors, WithoutTextHaveNoLine) {
  Errors errors;
  errors.addAt(17, "/clusters", "missing");
  EXPECT_EQ(errors.text(), "/clusters: missing\n");
}

TEST(Errors, KeepsTheFirstHundredAndCountsTheRest) {
  Errors errors("f", "x");
  for (int i = 0; i < 137; ++i) errors.addAt(0, "", "m");
  EXPECT_EQ(errors.count(), 137u);
  EXPECT_EQ(errors.sorted().size(), Errors::kMaxKept);
  EXPECT_TRUE(errors.text().ends_with("... and 37 more\n"));
}

TEST(Errors, AppendJoinsTwoDocuments) {
  Errors file("f", "x");
  file.addAt(0, "", "a");
  Errors flags;
  flags.addGlobal("--lb", "b");
  file.append(flags);
  EXPECT_EQ(file.text(), "--lb: b\nf:1:1: a\n");
}

TEST(Errors, NeverPaintTheTerminal) {
  Errors errors("evil\x1b.json", "x");
  errors.addAt(0, "/\x1b[2J", "got \x1b[31m\n");
  EXPECT_EQ(errors.text(), "evil?.json:1:1 /?[2J: got ?[31m?\n");
}

TEST(Errors, JsonIsAnObjectThatParses) {
  Errors errors("a \"b\".json", "x");
  errors.addAt(0, "/a/0", "expected \"x\"");
  const std::string json = errors.json();
  EXPECT_EQ(json,
            "{\"ok\":false,\"count\":1,\"errors\":[{\"file\":\"a "
            "\\\"b\\\".json\",\"line\":1,\"column\":1,\"pointer\":\"/a/0\","
            "\"message\":\"expected \\\"x\\\"\"}],\"warnings\":[]}\n");
  Errors none;
  EXPECT_TRUE(parseJson(json, {}, none));
  EXPECT_EQ(none.json(), "{\"ok\":true,\"count\":0,\"errors\":[],\"warnings\":[]}\n");
}

TEST(Errors, WarningsAreKeptApart) {
  Errors errors("f", "x");
  Node node = Node::makeString("x");
  errors.warn(node, "odd");
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(errors.text(), "");
  EXPECT_EQ(errors.warningText(), "f:1:1: warning: odd\n");
  EXPECT_NE(errors.json().find("\"ok\":true,\"count\":0,\"errors\":[],\"warnings\":[{"), std::string::npos);
}

TEST(Errors, QuotedTextEscapesAndCuts) {
  EXPECT_EQ(quotedText("a\"b\\c\n\t\x01"), R"("a\"b\\c\n\t\u0001")");
  EXPECT_EQ(quotedText("\xFF"), "\"?\"");
  EXPECT_EQ(quotedText(std::string(200, 'x')), "\"" + std::string(80, 'x') + "...\"");
  EXPECT_EQ(quotedText("\u00fc\u00fc\u00fc", 3), "\"\u00fc\u00fc...\"");
}

}  // namespace
}  // namespace headgate::config
