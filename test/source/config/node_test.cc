#include "source/config/node.h"

#include <gtest/gtest.h>

#include "source/config/parser.h"

namespace headgate::config {
namespace {

Node parsed(std::string_view text) {
  Errors errors("t", text);
  std::optional<Node> root = parseJsonc(text, errors);
  EXPECT_TRUE(root) << errors.text();
  return root ? *std::move(root) : Node();
}

TEST(Node, PointerFollowsRfc6901) {
  const Node root = parsed(R"({"a/b": {"m~n": [0, {"": 1}]}})");
  const Node& list = *root.find("a/b")->find("m~n");
  EXPECT_EQ(root.pointer(), "");
  EXPECT_EQ(list.children()[0].pointer(), "/a~1b/m~0n/0");
  EXPECT_EQ(list.children()[1].find("")->pointer(), "/a~1b/m~0n/1/");
}

TEST(Node, PointerCutsLongKeysAndHidesControlCharacters) {
  const Node root = parsed("{\"" + std::string(5000, 'k') + "\": 1, \"a\\u001b\": 2}");
  EXPECT_EQ(root.children()[0].pointer(), "/" + std::string(100, 'k') + "...");
  EXPECT_EQ(root.children()[1].pointer(), "/a?");
}

TEST(Node, PointerSurvivesCopiesAndMoves) {
  Node root = parsed(R"({"a": [[1, 2], [3, 4]]})");
  const Node copy = root;
  root = Node();
  EXPECT_EQ(copy.find("a")->children()[1].children()[0].pointer(), "/a/1/0");
  Node assigned;
  assigned = copy;
  const Node moved = std::move(assigned);
  EXPECT_EQ(moved.find("a")->children()[1].children()[1].pointer(), "/a/1/1");
}

TEST(Node, CopyOfAPartBecomesARoot) {
  std::optional<Node> part;
  {
    const Node root = parsed(R"({"a": {"b": [1]}})");
    part = *root.find("a");
  }
  EXPECT_EQ(part->parent(), nullptr);
  EXPECT_EQ(part->find("b")->children()[0].pointer(), "/b/0");
}

TEST(Node, TellsWholeNumbersFromOthers) {
  const Node root = parsed("[5, 5.0, 5e3, 5.5, -1, 18446744073709551615, 18446744073709551616, 1e15, 1e17, -0]");
  const auto whole = [&root](size_t i) { return root.children()[i].integer(); };
  EXPECT_EQ(whole(0), 5u);
  EXPECT_EQ(whole(1), 5u);
  EXPECT_EQ(whole(2), 5000u);
  EXPECT_EQ(whole(3), std::nullopt);
  EXPECT_EQ(whole(4), std::nullopt);
  EXPECT_EQ(whole(5), 18446744073709551615u);
  EXPECT_EQ(whole(6), std::nullopt);
  EXPECT_EQ(whole(7), 1000000000000000u);
  EXPECT_EQ(whole(8), std::nullopt);
  EXPECT_EQ(whole(9), 0u);
}

TEST(Node, DescribesWhatCame) {
  const Node root = parsed(R"([null, true, 17, -2.5, "5sec", [], [1], {}])");
  std::vector<std::string> all;
  for (const Node& node : root.children()) all.push_back(node.describe());
  EXPECT_EQ(all, (std::vector<std::string>{"null", "true", "17", "-2.5", "\"5sec\"", "an empty array", "an array",
                                           "an object"}));
}

TEST(Node, DescribesASecretByItsReference) {
  Node node = Node::makeString("${TOKEN}");
  node.substitute("hunter2", true);
  EXPECT_EQ(node.string(), "hunter2");
  EXPECT_EQ(node.describe(), "\"${TOKEN}\" (filled in; its value is not shown)");
  Node open = Node::makeString("${TOKEN:-none}");
  open.substitute("none", false);
  EXPECT_EQ(open.describe(), "\"none\"");
  EXPECT_EQ(*open.reference(), "${TOKEN:-none}");
}

TEST(Node, FindsMembersOfObjectsOnly) {
  const Node root = parsed(R"({"a": [1]})");
  EXPECT_NE(root.find("a"), nullptr);
  EXPECT_EQ(root.find("b"), nullptr);
  EXPECT_EQ(root.find("a")->find(""), nullptr);
}

}  // namespace
}  // namespace headgate::config
