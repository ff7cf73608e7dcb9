#include "source/routing/target.h"

#include <gtest/gtest.h>

#include "test/source/routing/requests.h"

namespace headgate::routing {
namespace {

/// What a route makes of a target for its backend; the reason if nothing.
std::string rewritten(const std::string& match, const std::string& rewrite, std::string_view target) {
  const Reading reading = readRoute(R"({"cluster": "a", "match": )" + match + R"(, "rewrite": )" + rewrite + "}");
  EXPECT_EQ(reading.mistakes, "") << rewrite;
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  const auto result = rewriteTarget(*reading.route.rewrite, reading.route.match, target, arena);
  return result ? std::string(*result) : std::string(base::reasonToken(result.error().code));
}

std::string location(const std::string& redirect, const TestRequest& request, const std::string& match = "{}") {
  const Reading reading = readRoute(R"({"match": )" + match + R"(, "redirect": )" + redirect + "}");
  EXPECT_EQ(reading.mistakes, "") << redirect;
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  return std::string(redirectLocation(*reading.route.redirect, reading.route.match, request.head, arena));
}

TEST(Target, APrefixIsReplacedWithOneSlashBetween) {
  for (const auto& [match, prefix, target, expected] : {std::tuple{"/api", "/v2", "/api/x?q=/api", "/v2/x?q=/api"},
                                                        {"/api", "/v2", "/api", "/v2"},
                                                        {"/api", "/v2", "/api/", "/v2/"},
                                                        {"/api", "/", "/api/x", "/x"},
                                                        {"/api", "/", "/api", "/"},
                                                        {"/api", "/", "/api?q", "/?q"},
                                                        {"/api/", "/v2/", "/api/x", "/v2/x"},
                                                        {"/api/", "/v2", "/api/x", "/v2/x"},
                                                        {"/", "/v2", "/x", "/v2/x"},
                                                        {"/", "/v2", "/", "/v2/"},
                                                        {"/", "/v2", "*", "*"},
                                                        {"/a", "/b", "/a//x", "/b//x"}}) {
    EXPECT_EQ(rewritten(std::string(R"({"path": ")") + match + "\"}", std::string(R"({"prefix": ")") + prefix + "\"}",
                        target),
              expected)
        << match << " " << prefix << " " << target;
  }
}

TEST(Target, ARegexReplacesItsFirstMatchInThePath) {
  const std::string swap = R"x({"regex": "^/([a-z]+)/([a-z]+)", "substitution": "/\\2/\\1"})x";
  EXPECT_EQ(rewritten("{}", swap, "/a/b/c?q=/d/e"), "/b/a/c?q=/d/e");
  EXPECT_EQ(rewritten("{}", swap, "/1"), "/1");
  EXPECT_EQ(rewritten("{}", swap, "*"), "*");
}

TEST(Target, WhatARegexMakesIsCanonicalOrNothing) {
  EXPECT_EQ(rewritten("{}", R"({"regex": "x", "substitution": ".."})", "/a/x/b"), "/b");
  EXPECT_EQ(rewritten("{}", R"({"regex": "^/a", "substitution": ""})", "/a"), "internal_error");
  EXPECT_EQ(rewritten("{}", R"({"regex": "x", "substitution": ".."})", "/x/../b"), "internal_error");
}

TEST(Target, AHostAloneLeavesTheTarget) { EXPECT_EQ(rewritten("{}", R"({"host": "b"})", "/a?b"), "/a?b"); }

TEST(Target, ARedirectKeepsWhatItDoesNotName) {
  const TestRequest request("/a/b?q=1", "a.example:8080");
  EXPECT_EQ(location(R"({"path": "/x"})", request), "http://a.example:8080/x?q=1");
  EXPECT_EQ(location(R"({"scheme": "https"})", request), "https://a.example/a/b?q=1") << "the port was that of http";
  EXPECT_EQ(location(R"({"scheme": "http"})", request), "http://a.example:8080/a/b?q=1");
  EXPECT_EQ(location(R"({"host": "b.example"})", request), "http://b.example/a/b?q=1");
  EXPECT_EQ(location(R"({"port": 81})", request), "http://a.example:81/a/b?q=1");
  EXPECT_EQ(location(R"({"scheme": "https", "host": "[::1]", "port": 8443})", request), "https://[::1]:8443/a/b?q=1");
  EXPECT_EQ(location(R"({"port": 81, "strip_query": true})", request), "http://a.example:81/a/b");
  EXPECT_EQ(location(R"({"path": "/x?y=2"})", request), "http://a.example:8080/x?y=2");
  EXPECT_EQ(location(R"({"prefix": "/c"})", request, R"({"path": "/a"})"), "http://a.example:8080/c/b?q=1");
}

TEST(Target, ARedirectWithoutAnyHostStaysOnTheHost) {
  EXPECT_EQ(location(R"({"path": "/x"})", TestRequest("/a", "")), "/x");
  EXPECT_EQ(location(R"({"scheme": "https"})", TestRequest("//evil.example/a", "")), "/.//evil.example/a");
  EXPECT_EQ(location(R"({"scheme": "https"})", TestRequest("*", "a")), "https://a/");
}

}  // namespace
}  // namespace headgate::routing
