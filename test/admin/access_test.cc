#include "admin/access.h"

#include <gtest/gtest.h>

#include "source/base/arena.h"

namespace headgate::admin {
namespace {

using std::chrono::seconds;

net::IpAddress ip(std::string_view text) { return *net::IpAddress::parse(text, 1234); }
base::MonotonicTime at(int64_t second) { return (1000 + second) * 1'000'000'000; }

TEST(EqualInConstantTime, ComparesBytesAndLengths) {
  EXPECT_TRUE(equalInConstantTime("", ""));
  EXPECT_TRUE(equalInConstantTime("secret", "secret"));
  for (const char* other : {"", "secre", "secrets", "Secret", "secreT"}) {
    EXPECT_FALSE(equalInConstantTime("secret", other)) << other;
    EXPECT_FALSE(equalInConstantTime(other, "secret")) << other;
  }
  EXPECT_FALSE(equalInConstantTime(std::string_view("a", 1), std::string_view("a\0", 2)));
}

TEST(TokenBackoff, BeginsWithTheFifthFailureInARowAndDoubles) {
  TokenBackoff backoff;
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(backoff.failed(ip("192.0.2.1"), at(0)));
  EXPECT_TRUE(backoff.failed(ip("192.0.2.1"), at(0)));
  EXPECT_EQ(backoff.remaining(ip("192.0.2.1"), at(0)), seconds(1));
  EXPECT_EQ(backoff.remaining(ip("192.0.2.1"), at(1)), seconds(0));
  EXPECT_TRUE(backoff.failed(ip("192.0.2.1"), at(1)));
  EXPECT_EQ(backoff.remaining(ip("192.0.2.1"), at(1)), seconds(2));
  for (int i = 0; i < 100; ++i) backoff.failed(ip("192.0.2.1"), at(10));
  EXPECT_EQ(backoff.remaining(ip("192.0.2.1"), at(10)), seconds(60));
}

TEST(TokenBackoff, IsForgivenByAGoodToken) {
  TokenBackoff backoff;
  for (int i = 0; i < 4; ++i) backoff.failed(ip("192.0.2.1"), at(0));
  backoff.succeeded(ip("192.0.2.1"));
  EXPECT_FALSE(backoff.failed(ip("192.0.2.1"), at(0)));
}

TEST(TokenBackoff, CountsAnAddressOrANetworkOfIpv6) {
  TokenBackoff backoff;
  for (int i = 0; i < 5; ++i) backoff.failed(ip("2001:db8::1"), at(0));
  EXPECT_GT(backoff.remaining(ip("2001:db8::ffff"), at(0)), seconds(0));
  EXPECT_EQ(backoff.remaining(ip("2001:db8:0:1::1"), at(0)), seconds(0));
  EXPECT_EQ(backoff.remaining(ip("192.0.2.1"), at(0)), seconds(0));
}

TEST(TokenBackoff, ForgetsWhoWasNotSeenForLongest) {
  TokenBackoff backoff;
  for (int i = 0; i < 5; ++i) backoff.failed(ip("192.0.2.1"), at(0));
  for (size_t i = 0; i < TokenBackoff::kMaxAddresses; ++i)
    backoff.failed(ip("10.0." + std::to_string(i / 256) + "." + std::to_string(i % 256)), at(0));
  EXPECT_EQ(backoff.remaining(ip("192.0.2.1"), at(0)), seconds(0));
}

class Authentication : public testing::Test {
 protected:
  Authentication() : arena_(chunks_), head_(arena_) {}

  std::variant<Caller, Answer> identify(std::string_view authorization) {
    if (!authorization.empty()) head_.headers.set("authorization", authorization);
    return authenticator_.identify(head_, ip("192.0.2.1"), at(0));
  }

  base::ChunkPool chunks_;
  base::Arena arena_;
  http::MessageHead head_;
  Authenticator authenticator_{{{"ops", "0123456789abcdef", {}, server::AdminRole::Operator},
                                {"dev", "fedcba9876543210", {}, server::AdminRole::Viewer}}};
};

TEST_F(Authentication, KnowsWhoseTokenItIs) {
  const auto caller = identify("Bearer fedcba9876543210");
  ASSERT_TRUE(std::holds_alternative<Caller>(caller));
  EXPECT_EQ(std::get<Caller>(caller).name, "dev");
  EXPECT_EQ(std::get<Caller>(caller).role, server::AdminRole::Viewer);
}

TEST_F(Authentication, MissingTokensDoNotCountAsWrong) {
  for (int i = 0; i < 20; ++i) EXPECT_EQ(std::get<Answer>(identify({})).status, 401);
  EXPECT_TRUE(std::holds_alternative<Caller>(identify("Bearer 0123456789abcdef")));
}

TEST_F(Authentication, RefusesEvenAGoodTokenDuringABackOff) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(std::get<Answer>(identify("Bearer wrong")).status, 401);
  EXPECT_EQ(std::get<Answer>(identify("Bearer 0123456789abcdef")).status, 429);
}

}  // namespace
}  // namespace headgate::admin
