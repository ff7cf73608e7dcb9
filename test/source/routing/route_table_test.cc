#include "source/routing/route_table.h"

#include <gtest/gtest.h>

#include "test/source/log/allocations.h"
#include "test/source/routing/requests.h"

namespace headgate::routing {
namespace {

int at(const RouteTable& table, std::string_view path, std::string_view host = "a.example") {
  return placeOf(table, TestRequest(path, host));
}

TEST(RouteTable, TheFirstOfTheFileWinsWithinAHost) {
  const RouteTable table = makeTable(
      {R"({"path": "/api"})", R"({"path": "/api/v2"})", R"({"path_exact": "/x"})", R"({"path_regex": "/x|/y"})", "{}"});
  EXPECT_EQ(at(table, "/api"), 0);
  EXPECT_EQ(at(table, "/api/v2"), 0);
  EXPECT_EQ(at(table, "/x"), 2);
  EXPECT_EQ(at(table, "/y"), 3);
  EXPECT_EQ(at(table, "/apix"), 4);
}

TEST(RouteTable, APrefixEndsAtASegment) {
  const RouteTable table = makeTable({R"({"path": "/api"})", R"({"path": "/img/"})"});
  for (const char* path : {"/api", "/api/", "/api/x", "/api?q", "/api/x/y?q=/"}) EXPECT_EQ(at(table, path), 0) << path;
  for (const char* path : {"/img/", "/img/x", "/img//"}) EXPECT_EQ(at(table, path), 1) << path;
  for (const char* path : {"/", "/ap", "/apix", "/img", "/x/api", "*"}) EXPECT_EQ(at(table, path), -1) << path;
}

TEST(RouteTable, AnExactPathIsAllOfIt) {
  const RouteTable table = makeTable({R"({"path_exact": "/a"})", R"({"path_exact": "/b/"})"});
  EXPECT_EQ(at(table, "/a"), 0);
  EXPECT_EQ(at(table, "/a?x=1"), 0);
  EXPECT_EQ(at(table, "/b/"), 1);
  for (const char* path : {"/", "/a/", "/ab", "/a/b", "/b"}) EXPECT_EQ(at(table, path), -1) << path;
}

TEST(RouteTable, ARegexMatchesTheWholePath) {
  const RouteTable table = makeTable({R"({"path_regex": "/users/[0-9]+"})", R"({"path_regex": ".*\\.(jpg|png)$"})",
                                      R"({"path_regex": "(?i)/CaSe"})", R"({"path_regex": "/users/"})"});
  EXPECT_EQ(at(table, "/users/17"), 0);
  EXPECT_EQ(at(table, "/users/17?x"), 0);
  EXPECT_EQ(at(table, "/users/17/x.jpg"), 1);
  EXPECT_EQ(at(table, "/x.png"), 1);
  EXPECT_EQ(at(table, "/case"), 2);
  EXPECT_EQ(at(table, "/users/"), 3);
  for (const char* path : {"/users/x", "/users/1x", "/x/users/1", "/x.jpgx", "/x?y=.jpg"})
    EXPECT_EQ(at(table, path), -1) << path;
}

TEST(RouteTable, TheMostSpecificHostIsAskedFirst) {
  const RouteTable table =
      makeTable({"{}", R"({"host": "*.example"})", R"({"host": "*.b.example"})", R"({"host": "a.b.example"})"});
  EXPECT_EQ(at(table, "/", "a.b.example"), 3);
  EXPECT_EQ(at(table, "/", "x.b.example"), 2);
  EXPECT_EQ(at(table, "/", "y.x.b.example"), 2);
  EXPECT_EQ(at(table, "/", "b.example"), 1);
  EXPECT_EQ(at(table, "/", "xb.example"), 1);
  EXPECT_EQ(at(table, "/", "example"), 0);
  EXPECT_EQ(at(table, "/", ".example"), 0) << "one character at least stands before a suffix";
  EXPECT_EQ(at(table, "/", ""), 0);
  EXPECT_EQ(at(table, "/", "[::1]"), 0);
}

TEST(RouteTable, WhatAHostDoesNotTakeGoesToTheNextLessSpecificOne) {
  const RouteTable table = makeTable(
      {R"({"host": "a.example", "path": "/a"})", R"({"host": "*.example", "path": "/b"})", R"({"path": "/c"})"});
  EXPECT_EQ(at(table, "/a"), 0);
  EXPECT_EQ(at(table, "/b"), 1);
  EXPECT_EQ(at(table, "/c"), 2);
  EXPECT_EQ(at(table, "/d"), -1);
}

TEST(RouteTable, ARouteWithAPortWantsThatPort) {
  const RouteTable table = makeTable({R"({"host": "a.example"})", R"({"host": "a.example:8443"})",
                                      R"({"host": "*:80", "path": "/x"})", R"({"host": "[::1]:9"})"});
  EXPECT_EQ(at(table, "/", "a.example:8443"), 1);
  EXPECT_EQ(at(table, "/", "a.example:8080"), 0);
  EXPECT_EQ(at(table, "/", "a.example"), 0);
  EXPECT_EQ(at(table, "/x", "b.example"), 2) << "http without a port is port 80";
  EXPECT_EQ(at(table, "/x", "b.example:80"), 2);
  EXPECT_EQ(at(table, "/x", "b.example:81"), -1);
  EXPECT_EQ(at(table, "/", "[::1]:9"), 3);
  EXPECT_EQ(at(table, "/", "[::1]"), -1);
  TestRequest secure("/x", "b.example");
  secure.head.scheme = "https";
  EXPECT_EQ(placeOf(table, secure), -1);
}

TEST(RouteTable, ConditionsPassARequestOnToTheNextRoute) {
  const RouteTable table =
      makeTable({R"({"path": "/a", "methods": ["POST", "PURGE"]})", R"({"path": "/a", "headers": {"X-Beta": "1"}})",
                 R"({"path": "/a", "query": {"v": {"prefix": "2"}}})", R"({"path": "/a"})"});
  EXPECT_EQ(placeOf(table, TestRequest("/a", "h", "POST")), 0);
  EXPECT_EQ(placeOf(table, TestRequest("/a", "h", "PURGE")), 0);
  EXPECT_EQ(placeOf(table, TestRequest("/a").header("x-beta", "1")), 1);
  EXPECT_EQ(placeOf(table, TestRequest("/a?v=2.1")), 2);
  EXPECT_EQ(placeOf(table, TestRequest("/a?v=1").header("x-beta", "0")), 3);
}

TEST(RouteTable, OptionsOfTheServerIsForTheRootAlone) {
  const RouteTable table = makeTable({R"({"path_exact": "/"})", R"({"path": "/x"})", "{}"});
  EXPECT_EQ(at(table, "*"), 2);
}

TEST(RouteTable, AMatchAllocatesNothing) {
  const RouteTable table =
      makeTable({R"({"host": "*.example:80", "path": "/users", "headers": {"x": {"regex": "a+"}}})",
                 R"({"host": "a.example", "path_regex": "/users/[0-9]+", "query": {"v": "1"}})", "{}"});
  const TestRequest request("/users/12345?v=1", "a.example");
  EXPECT_EQ(placeOf(table, request), 1);  // RE2 builds its automaton
  const size_t before = log::allocationsOfThisThread();
  const Route* route = table.match(request.head);
  EXPECT_EQ(log::allocationsOfThisThread(), before);
  EXPECT_NE(route, nullptr);
}

}  // namespace
}  // namespace headgate::routing
