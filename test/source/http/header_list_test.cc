#include "source/http/header_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace headgate::http {
namespace {

class HeaderListTest : public testing::Test {
 protected:
  std::vector<std::string> lines() const { return linesOf(list); }
  static std::vector<std::string> linesOf(const HeaderList& headers) {
    std::vector<std::string> result;
    for (const Header& header : headers) result.push_back(std::string(header.name) + ": " + std::string(header.value));
    return result;
  }
  using Lines = std::vector<std::string>;

  base::ChunkPool pool;
  base::Arena arena{pool};
  HeaderList list{arena};
};

TEST_F(HeaderListTest, BeginsEmpty) {
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.find("a"), nullptr);
  EXPECT_EQ(list.get(HeaderName::Via), "");
}

TEST_F(HeaderListTest, KeepsTheOrderAndSeveralLinesOfOneName) {
  list.add("b", "1");
  list.add("a", "2");
  list.add("b", "3");
  EXPECT_EQ(lines(), (Lines{"b: 1", "a: 2", "b: 3"}));
  EXPECT_EQ(list.get("b"), "1");
}

TEST_F(HeaderListTest, FindsKnownNamesByNumberAndByText) {
  list.add("via", "1.1 a");
  list.add(HeaderName::UserAgent, "curl");
  EXPECT_EQ(list.get(HeaderName::Via), "1.1 a");
  EXPECT_EQ(list.get("user-agent"), "curl");
  EXPECT_EQ(list.begin()->id, HeaderName::Via);
  EXPECT_EQ(list.find("user-agen"), nullptr);
}

TEST_F(HeaderListTest, ANameThatWasLookedUpAlreadyIsFoundLikeAnyOther) {
  list.add(headerName("via"), "via", "1");
  list.add(headerName("x"), "x", "2");
  EXPECT_EQ(list.get(HeaderName::Via), "1");
  EXPECT_EQ(list.get("via"), "1");
  EXPECT_EQ(list.get("x"), "2");
}

TEST_F(HeaderListTest, SetReplacesTheFirstLineAndRemovesTheOthers) {
  list.add("a", "1");
  list.add("b", "2");
  list.add("a", "3");
  list.add("c", "4");
  list.set("a", "9");
  EXPECT_EQ(lines(), (Lines{"a: 9", "b: 2", "c: 4"}));
}

TEST_F(HeaderListTest, SetAddsWhatIsNotThere) {
  list.set(HeaderName::Via, "1.1 a");
  list.set("x", "y");
  EXPECT_EQ(lines(), (Lines{"via: 1.1 a", "x: y"}));
  EXPECT_EQ(list.begin()->id, HeaderName::Via);
}

TEST_F(HeaderListTest, RemoveTakesAllLinesAndCountsThem) {
  for (const char* name : {"a", "via", "b", "a", "via"}) list.add(name, "x");
  EXPECT_EQ(list.remove("a"), 2U);
  EXPECT_EQ(list.remove(HeaderName::Via), 2U);
  EXPECT_EQ(list.remove("nothing"), 0U);
  EXPECT_EQ(lines(), (Lines{"b: x"}));
}

TEST_F(HeaderListTest, GrowsBeyondItsFirstCapacity) {
  for (int i = 0; i < 100; ++i) list.addCopy("n" + std::to_string(i), std::to_string(i));
  ASSERT_EQ(list.size(), 100U);
  EXPECT_EQ(list.get("n0"), "0");
  EXPECT_EQ(list.get("n99"), "99");
}

TEST_F(HeaderListTest, AddCopyOutlivesItsArguments) {
  {
    std::string name = "x-name-that-is-not-in-a-small-string";
    std::string value = "a value that is not in a small string either";
    list.addCopy(name, value);
    name.assign(name.size(), '!');
    value.assign(value.size(), '!');
  }
  EXPECT_EQ(lines(), (Lines{"x-name-that-is-not-in-a-small-string: a value that is not in a small string either"}));
}

TEST_F(HeaderListTest, CopyToAppends) {
  HeaderList other(arena);
  other.add("a", "1");
  list.add("b", "2");
  list.copyTo(other);
  EXPECT_EQ(linesOf(other), (Lines{"a: 1", "b: 2"}));
  EXPECT_EQ(lines(), (Lines{"b: 2"}));
}

}  // namespace
}  // namespace headgate::http
