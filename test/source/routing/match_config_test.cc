#include "source/routing/match_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/source/routing/requests.h"

namespace headgate::routing {
namespace {

using testing::HasSubstr;

Reading match(const std::string& text) { return readRoute(R"({"cluster": "a", "match": )" + text + "}"); }

TEST(MatchConfig, ReadsHostsWithAndWithoutPorts) {
  for (const auto& [text, host, port] : {std::tuple{"A.Example", "a.example", 0},
                                         {"*.Example.com:8080", "*.example.com", 8080},
                                         {"*:443", "*", 443},
                                         {"[::1]", "[::1]", 0},
                                         {"[::1]:80", "[::1]", 80},
                                         {"10.0.0.1:1", "10.0.0.1", 1}}) {
    const Reading reading = match(std::string(R"({"host": ")") + text + "\"}");
    EXPECT_EQ(reading.mistakes, "") << text;
    EXPECT_EQ(reading.route.match.host, host);
    EXPECT_EQ(reading.route.match.port, port);
  }
  EXPECT_EQ(match(R"({"host": "*.A.example:81"})").route.match.hostText(), "*.a.example:81");
}

TEST(MatchConfig, RefusesOtherHosts) {
  for (const char* host :
       {"", "*a", "a.*", "*.", "*.*.a", "a:", "a:0", "a:65536", "a:x", ".a", "a..b", "a b", "[]", "http://a", "a/b"}) {
    EXPECT_THAT(match(std::string(R"({"host": ")") + host + "\"}").mistakes, HasSubstr("expected a host such as"))
        << host;
  }
}

TEST(MatchConfig, OneKindOfPath) {
  EXPECT_EQ(match(R"({"path": null, "path_exact": "/a"})").route.match.pathKind, PathKind::Exact);
  EXPECT_EQ(match(R"({"path_regex": "/a"})").route.match.pathKind, PathKind::Regex);
  EXPECT_THAT(match(R"({"path": "/a", "path_exact": "/a"})").mistakes,
              HasSubstr("/match: expected at most one of \"path\", \"path_exact\" and \"path_regex\""));
  EXPECT_THAT(match(R"({"path_exact": "a"})").mistakes,
              HasSubstr("/match/path_exact: expected a path that begins with \"/\""));
  EXPECT_THAT(match(R"({"path_exact": "/a/../b"})").mistakes, HasSubstr("expected the canonical form \"/b\""));
}

TEST(MatchConfig, BoundsRegularExpressions) {
  EXPECT_THAT(match(R"({"path_regex": ""})").mistakes,
              HasSubstr("expected a regular expression of 1 to 1024 bytes, got \"\""));
  EXPECT_THAT(match(R"({"path_regex": ")" + std::string(1025, 'a') + "\"}").mistakes, HasSubstr("of 1 to 1024 bytes"));
  EXPECT_THAT(match(R"({"path_regex": "/(a|b"})").mistakes,
              HasSubstr("expected a regular expression of RE2 (missing )"));
  EXPECT_THAT(match(R"({"path_regex": "(a)\\1"})").mistakes, HasSubstr("invalid escape sequence"));
  EXPECT_THAT(match(R"({"path_regex": "(abc|d[x-z]{3}){200}"})").mistakes, HasSubstr("at most 1000 instructions"));
  EXPECT_THAT(match(R"({"path_regex": "((a{100}){100}){100}"})").mistakes,
              HasSubstr("expected a regular expression of RE2"));
}

TEST(MatchConfig, MethodsAreInUpperCase) {
  EXPECT_EQ(match(R"({"methods": ["GET", "PURGE", "M-SEARCH"]})").mistakes, "");
  EXPECT_THAT(match(R"({"methods": ["get"]})").mistakes,
              HasSubstr("/match/methods/0: expected a method such as \"GET\""));
  EXPECT_THAT(match(R"({"methods": ["A B"]})").mistakes, HasSubstr("expected a method"));
  EXPECT_THAT(match(R"({"methods": ["GET", "GET"]})").mistakes, HasSubstr("/match/methods/1: \"GET\" is given twice"));
}

}  // namespace
}  // namespace headgate::routing
