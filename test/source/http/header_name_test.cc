#include "source/http/header_name.h"

#include <gtest/gtest.h>

#include <string>

namespace headgate::http {
namespace {

constexpr auto kLast = HeaderName::XRequestId;

TEST(HeaderName, FindsEveryNameByItsText) {
  for (unsigned i = 1; i <= static_cast<unsigned>(kLast); ++i) {
    const auto name = static_cast<HeaderName>(i);
    ASSERT_FALSE(text(name).empty()) << i;
    EXPECT_EQ(headerName(text(name)), name) << text(name);
  }
}

TEST(HeaderName, OthersAreOther) {
  EXPECT_EQ(text(HeaderName::Other), "");
  for (const char* name :
       {"", "x", "hos", "hostt", "Host", "x-client-ie", "content-lengti", "accept", "cookie", "\xFF\xFF"}) {
    EXPECT_EQ(headerName(name), HeaderName::Other) << name;
  }
}

TEST(HeaderName, ANameWithOneLetterChangedIsOther) {
  for (unsigned i = 1; i <= static_cast<unsigned>(kLast); ++i) {
    const std::string name(text(static_cast<HeaderName>(i)));
    for (size_t at = 0; at < name.size(); ++at) {
      std::string changed = name;
      changed[at] = '~';
      EXPECT_EQ(headerName(changed), HeaderName::Other) << changed;
    }
  }
}

TEST(HeaderName, HopByHopFieldsAreThoseOfRfc9110Section761) {
  for (const char* name : {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
                           "te", "transfer-encoding", "upgrade"}) {
    EXPECT_TRUE(facts(headerName(name)) & kHopByHop) << name;
  }
  for (const char* name : {"host", "content-length", "trailer", "via", "user-agent", "x-client-id"}) {
    EXPECT_FALSE(facts(headerName(name)) & kHopByHop) << name;
  }
}

TEST(HeaderName, FramingAndRoutingFieldsAreNeverTrailers) {
  for (const char* name : {"content-length", "transfer-encoding", "host", "trailer", "te", "content-type",
                           "content-encoding", "connection", "expect", "upgrade"}) {
    EXPECT_TRUE(facts(headerName(name)) & kNotInTrailers) << name;
  }
}

}  // namespace
}  // namespace headgate::http
