#include "source/http/h1/request_target.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "source/http/authority.h"
#include "test/support/h1_messages.h"

namespace headgate::http::h1 {
namespace {

using base::ErrorCode;
using test::ParsedHead;
using test::parseWhole;

// ---- authorities

struct AuthorityCase {
  const char* rule;
  std::string text;
  std::string canonical;  // empty: refused
};
std::ostream& operator<<(std::ostream& out, const AuthorityCase& example) {
  return out << example.rule << ": " << example.text;
}

class AuthorityTest : public testing::TestWithParam<AuthorityCase> {};

TEST_P(AuthorityTest, IsReadOrRefused) {
  std::string text = GetParam().text;
  const auto result = readAuthority(text.data(), text.size());
  if (GetParam().canonical.empty()) {
    ASSERT_FALSE(result) << *result;
    EXPECT_EQ(result.error().code, ErrorCode::BadRequest);
    return;
  }
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(*result, GetParam().canonical);
  std::string again(*result);
  EXPECT_EQ(*readAuthority(again.data(), again.size()), GetParam().canonical);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc3986Section32, AuthorityTest,
    testing::Values(
        AuthorityCase{"3.2.2 name", "Example.COM", "example.com"}, AuthorityCase{"3.2.2 trailing dot", "a.b.", "a.b."},
        AuthorityCase{"3.2.2 IPv4", "127.0.0.1:80", "127.0.0.1:80"}, AuthorityCase{"3.2.2 underscore", "a_b", "a_b"},
        AuthorityCase{"3.2.2 sub-delims", "a!$&'()*+,;=b", "a!$&'()*+,;=b"},
        AuthorityCase{"3.2.2 IPv6", "[::1]", "[::1]"},
        AuthorityCase{"3.2.2 IPv6 case", "[FE80::ABCD]:8080", "[fe80::abcd]:8080"},
        AuthorityCase{"3.2.2 IPv6 with IPv4", "[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]"},
        AuthorityCase{"3.2.3 port 0", "a:0", "a:0"}, AuthorityCase{"3.2.3 port 65535", "a:65535", "a:65535"},
        AuthorityCase{"6.2.3 empty port", "a:", "a"}, AuthorityCase{"6.2.3 empty port of IPv6", "[::1]:", "[::1]"},
        AuthorityCase{"3.2.3 port 65536", "a:65536", ""}, AuthorityCase{"3.2.3 long port", "a:000080", ""},
        AuthorityCase{"3.2.3 port of letters", "a:8o", ""}, AuthorityCase{"3.2.3 signed port", "a:+80", ""},
        AuthorityCase{"3.2.3 two ports", "a:80:80", ""}, AuthorityCase{"3.2.2 bare IPv6", "::1", ""},
        AuthorityCase{"empty", "", ""}, AuthorityCase{"9110 4.2.1 port alone", ":80", ""},
        AuthorityCase{"3.2.1 user", "u@a", ""}, AuthorityCase{"3.2.1 user and password", "u:p@a", ""},
        AuthorityCase{"percent-encoding", "%61", ""}, AuthorityCase{"space", "a b", ""},
        AuthorityCase{"slash", "a/b", ""}, AuthorityCase{"backslash", "a\\b", ""}, AuthorityCase{"query", "a?b", ""},
        AuthorityCase{"fragment", "a#b", ""}, AuthorityCase{"high byte", "\xC3\xA9.com", ""},
        AuthorityCase{"tab", "a\tb", ""}, AuthorityCase{"angle", "<a>", ""}, AuthorityCase{"open bracket", "[::1", ""},
        AuthorityCase{"close bracket", "::1]", ""}, AuthorityCase{"empty brackets", "[]", ""},
        AuthorityCase{"name in brackets", "[a.com]", ""}, AuthorityCase{"IPv4 in brackets", "[1.2.3.4]", ""},
        AuthorityCase{"zone", "[fe80::1%25eth0]", ""}, AuthorityCase{"IPvFuture", "[v1.a]", ""},
        AuthorityCase{"junk behind brackets", "[::1]a", ""},
        AuthorityCase{"long in brackets", "[" + std::string(300, ':') + "]", ""}));

// ---- targets

ParsedHead request(std::string_view method, std::string_view target, std::string_view hostLines,
                   std::string_view version = "1.1") {
  return parseWhole(std::string(method) + " " + std::string(target) + " HTTP/" + std::string(version) + "\r\n" +
                    std::string(hostLines) + "\r\n");
}

TEST(H1RequestTarget, OriginFormTakesTheAuthorityFromHost) {
  const ParsedHead head = request("GET", "/a/./b", "Host: A.b:81\r\n");
  EXPECT_EQ(head.authority, "a.b:81");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.field("host"), "(none)");
}

TEST(H1RequestTarget, TwoSlashesAreAPathAndNoAuthority) {
  const ParsedHead head = request("GET", "//evil.com/a", "Host: a\r\n");
  EXPECT_EQ(head.authority, "a");
  EXPECT_EQ(head.path, "//evil.com/a");
}

TEST(H1RequestTarget, HostIsNeededOnceAndValid) {
  EXPECT_EQ(request("GET", "/", "").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("GET", "/", "Host: a\r\nHost: a\r\n").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("GET", "/", "Host: a\r\nHost: b\r\n", "1.0").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("GET", "/", "Host:\r\n").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("GET", "/", "Host: a, b\r\n").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("GET", "/", "Host: a/b\r\n", "1.0").error, ErrorCode::BadRequest);
}

TEST(H1RequestTarget, Http10NeedsNoHost) {
  const ParsedHead head = request("GET", "/", "", "1.0");
  ASSERT_TRUE(head.done());
  EXPECT_EQ(head.authority, "");
}

TEST(H1RequestTarget, AbsoluteFormHasItsOwnAuthority) {
  const ParsedHead head = request("GET", "HTTP://A.example:8080/b/../c?d", "Host: a.EXAMPLE:8080\r\n");
  ASSERT_TRUE(head.done()) << head.message;
  EXPECT_EQ(head.authority, "a.example:8080");
  EXPECT_EQ(head.path, "/c?d");
  EXPECT_EQ(request("GET", "https://a/", "Host: a\r\n").authority, "a");
  EXPECT_EQ(request("GET", "http://a/b", "", "1.0").authority, "a");
}

TEST(H1RequestTarget, AbsoluteFormNeedsTheSameHost) {
  EXPECT_EQ(request("GET", "http://a/", "Host: b\r\n").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("GET", "http://a:81/", "Host: a\r\n").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("GET", "http://a/", "").error, ErrorCode::BadRequest);
}

TEST(H1RequestTarget, TheDefaultPortIsTheSameAsNone) {
  EXPECT_EQ(request("GET", "http://a:80/", "Host: a\r\n").authority, "a:80");
  EXPECT_EQ(request("GET", "http://a/", "Host: a:80\r\n").authority, "a");
  EXPECT_TRUE(request("GET", "https://a:443/", "Host: a\r\n").done());
  EXPECT_FALSE(request("GET", "http://a:443/", "Host: a\r\n").done());
  EXPECT_FALSE(request("GET", "https://a:80/", "Host: a\r\n").done());
  EXPECT_FALSE(request("GET", "http://a:8080/", "Host: a:80\r\n").done());
}

TEST(H1RequestTarget, AbsoluteFormMayLackItsPath) {
  EXPECT_EQ(request("GET", "http://a", "Host: a\r\n").path, "/");
  EXPECT_EQ(request("GET", "http://a?b", "Host: a\r\n").path, "/?b");
  EXPECT_EQ(request("OPTIONS", "http://a", "Host: a\r\n").path, "*");
  EXPECT_EQ(request("OPTIONS", "http://a/", "Host: a\r\n").path, "/");
  EXPECT_EQ(request("OPTIONS", "http://a?b", "Host: a\r\n").path, "/?b");
}

TEST(H1RequestTarget, AsteriskIsForOptionsAlone) {
  EXPECT_EQ(request("OPTIONS", "*", "Host: a\r\n").path, "*");
  EXPECT_EQ(request("GET", "*", "Host: a\r\n").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("OPTIONS", "**", "Host: a\r\n").error, ErrorCode::BadRequest);
  EXPECT_EQ(request("OPTIONS", "*?a", "Host: a\r\n").error, ErrorCode::BadRequest);
}

TEST(H1RequestTarget, RefusesEveryOtherTarget) {
  for (const char* target :
       {"a",          "a:80",        "?a",          "#",           "a/b",         "ftp://a/",  "http:/a",
        "http:a",     "http//a",     "://a/",       "http://",     "http:///b",   "http://?a", "http://u@a/",
        "http://a#b", "http://a/#b", "http://a:x/", "http://%61/", "httpss://a/", "ws://a/",   "http://[::1/",
        "\\a",        "/a\\b",       "/../a",       "/%zz",        "/%00"}) {
    EXPECT_EQ(request("GET", target, "Host: a\r\n").error, ErrorCode::BadRequest) << target;
  }
}

}  // namespace
}  // namespace headgate::http::h1
