#include "admin/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace headgate::admin {
namespace {

using testing::ElementsAre;

std::vector<std::string> segments(std::string_view raw) {
  auto target = Target::parse(raw);
  EXPECT_TRUE(target) << raw;
  return target ? target->segments : std::vector<std::string>();
}

TEST(Target, SplitsBeforeItDecodes) {
  EXPECT_THAT(segments("/"), ElementsAre(""));
  EXPECT_THAT(segments("/clients"), ElementsAre("clients"));
  EXPECT_THAT(segments("/clients/"), ElementsAre("clients", ""));
  EXPECT_THAT(segments("/clients/a%2Fb%2f..%2F"), ElementsAre("clients", "a/b/../"));
  EXPECT_THAT(segments("/clients/%2E%2e/reset"), ElementsAre("clients", "..", "reset"));
  EXPECT_THAT(segments("/clients/a+b%20c%3Fd"), ElementsAre("clients", "a+b c?d"));
  EXPECT_THAT(segments("//"), ElementsAre("", ""));
}

TEST(Target, RefusesWhatIsNoTarget) {
  for (const char* raw : {"", "*", "x", "?a=b", "/%", "/%2", "/%g0", "/a%2/b", "/?%", "/?a=%f"})
    EXPECT_FALSE(Target::parse(raw)) << raw;
}

TEST(Target, ReadsAQuery) {
  const auto target = Target::parse("/clients?prefix=a%26b&limit=10&flag&&space=a+b%2B&empty=");
  ASSERT_TRUE(target);
  EXPECT_EQ(*target->query.find("prefix"), "a&b");
  EXPECT_EQ(*target->query.find("limit"), "10");
  EXPECT_EQ(*target->query.find("flag"), "");
  EXPECT_EQ(*target->query.find("space"), "a b+");
  EXPECT_EQ(*target->query.find("empty"), "");
  EXPECT_EQ(target->query.find("cursor"), nullptr);
}

TEST(Target, RefusesAParameterThatComesTwice) {
  const auto target = Target::parse("/?limit=1&l%69mit=2");
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().message, "the query parameter \"limit\" comes twice");
}

TEST(Target, EncodesWhatDecodesToTheSame) {
  for (const std::string& id :
       {std::string("user1"), std::string("a/b"), std::string("100%"), std::string("ip:2001:db8::/64"),
        std::string("."), std::string(".."), std::string("a b?c#d")}) {
    const std::string encoded = percentEncode(id);
    EXPECT_EQ(encoded.find_first_of("/?# "), std::string::npos) << encoded;
    EXPECT_EQ(percentDecode(encoded), id);
  }
  EXPECT_EQ(percentEncode(".."), "%2E%2E");
}

}  // namespace
}  // namespace headgate::admin
