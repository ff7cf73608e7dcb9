#include "source/limits/client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "source/limits/address_id.h"
#include "source/net/address.h"

namespace headgate::limits {
namespace {

std::string addressId(const char* text) { return std::string(AddressId(*net::IpAddress::parse(text, 80)).text()); }

TEST(LimitSpec, NamesTheFieldThatIsWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double bad : {0.0, 0.5, -1.0, 1e9 + 1, nan, infinity}) {
    const auto problem = problemOf(LimitSpec{bad, 1});
    ASSERT_TRUE(problem) << bad;
    EXPECT_EQ(problem->field, "capacity");
  }
  for (const double bad : {-0.1, 1e9 + 1, nan, infinity, 1e-8}) {
    const auto problem = problemOf(LimitSpec{100, bad});
    ASSERT_TRUE(problem) << bad;
    EXPECT_EQ(problem->field, "rate_per_sec");
  }
  EXPECT_EQ(problemOf(LimitSpec{0, 1})->message, "expected a number from 1 to 1000000000, got 0");
}

TEST(LimitSpec, TakesItsExtremes) {
  EXPECT_FALSE(problemOf(LimitSpec{1, 1e-9}));
  EXPECT_FALSE(problemOf(LimitSpec{1e9, 1}));
  EXPECT_FALSE(problemOf(LimitSpec{1e9, 1e9}));
  EXPECT_FALSE(problemOf(LimitSpec{1e9, 0}));
}

TEST(Mode, HasAWordForEach) {
  for (const auto& [word, mode] : kModeWords) {
    EXPECT_EQ(modeName(mode), word);
    EXPECT_EQ(parseMode(word), mode);
  }
  EXPECT_FALSE(parseMode("Enforce"));
}

TEST(ClientId, MayBeAnyPrintableAscii) {
  for (const char* id : {"a", "user 1", "a/b?c=%41", "\"quoted\"", "~", "...", "Batch"})
    EXPECT_FALSE(problemOfId(id)) << id;
  EXPECT_FALSE(problemOfId(std::string(256, 'x')));
}

TEST(ClientId, RefusesWhatNoRequestCouldNameOrAPathHasAnotherMeaningFor) {
  for (const char* id : {"", ".", "..", "batch", "export", " a", "a ", "a\tb", "\x7f", "caf\xc3\xa9"})
    EXPECT_TRUE(problemOfId(id)) << id;
  EXPECT_TRUE(problemOfId(std::string(257, 'x')));
  EXPECT_TRUE(problemOfId(std::string_view("a\0b", 3)));
}

TEST(ClientId, OfAnAddressIsTheOneThatRequestsAreLookedUpBy) {
  EXPECT_FALSE(problemOfId("ip:203.0.113.7"));
  EXPECT_FALSE(problemOfId("ip:2001:db8:1:2::/64"));
  EXPECT_FALSE(problemOfId("ip:::/64"));
  EXPECT_FALSE(problemOfId("ip:unix"));
  EXPECT_NE(problemOfId("ip:2001:DB8:1:2::7")->find("\"ip:2001:db8:1:2::/64\""), std::string::npos);
  for (const char* id : {"ip:", "ip:x", "ip:203.0.113.7/32", "ip:203.0.113.7:80", "ip:::ffff:1.2.3.4", "ip:2001:db8::"})
    EXPECT_TRUE(problemOfId(id)) << id;
}

TEST(AddressId, IsTheAddressOrItsGroupOfSixtyFourBits) {
  EXPECT_EQ(addressId("203.0.113.7"), "ip:203.0.113.7");
  EXPECT_EQ(addressId("::ffff:203.0.113.7"), "ip:203.0.113.7");
  EXPECT_EQ(addressId("2001:db8:1:2:3:4:5:6"), "ip:2001:db8:1:2::/64");
  EXPECT_EQ(AddressId(net::IpAddress()).text(), kUnixId);
}

TEST(AddressId, PrintsAGroupAsTheSystemDoes) {
  for (const char* text : {"::1", "1::", "0:0:0:1::", "0:1::", "1:0:0:1:1::", "1:0:2::9",
                           "ffff:ffff:ffff:ffff:ffff::", "a:b:c:d::", "0:0:1::"}) {
    in6_addr group;
    ASSERT_EQ(inet_pton(AF_INET6, text, &group), 1);
    for (int i = 8; i < 16; ++i) group.s6_addr[i] = 0;
    char expected[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &group, expected, sizeof(expected));
    EXPECT_EQ(addressId(text), "ip:" + std::string(expected) + "/64");
  }
}

TEST(Labels, AreBounded) {
  EXPECT_FALSE(problemOf(Labels{{"plan", "gold"}, {"empty", ""}, {std::string(63, 'k'), std::string(256, 'v')}}));
  EXPECT_EQ(problemOf(Labels{{"", "v"}})->field, "labels");
  EXPECT_EQ(problemOf(Labels{{std::string(64, 'k'), "v"}})->field, "labels");
  EXPECT_EQ(problemOf(Labels{{"plan", std::string(257, 'v')}})->field, "labels/plan");
  EXPECT_EQ(problemOf(Labels{{"plan", "a\nb"}})->field, "labels/plan");
  Labels many;
  for (size_t i = 0; i <= kMaxLabels; ++i) many.emplace("label" + std::to_string(i), "x");
  EXPECT_EQ(problemOf(many)->field, "labels");
}

}  // namespace
}  // namespace headgate::limits
