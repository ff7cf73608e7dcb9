#include "source/routing/shadowing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/source/routing/requests.h"

namespace headgate::routing {
namespace {

/// Which route takes all requests of the last one; -1: none does.
int shadowOfLast(const std::vector<std::string>& matches) {
  const std::vector<RouteConfig> routes = readRoutes(matches);
  for (const Shadow& shadow : findShadowed(routes)) {
    if (shadow.route + 1 == routes.size()) return static_cast<int>(shadow.by);
  }
  return -1;
}

TEST(Shadowing, FindsAPathThatIsCovered) {
  EXPECT_EQ(shadowOfLast({"{}", "{}"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"path": "/a"})", R"({"path": "/a/b"})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"path": "/a/"})", R"({"path_exact": "/a/"})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"path_exact": "/a"})", R"({"path_exact": "/a"})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"path_regex": "/a/.*"})", R"({"path_regex": "/a/.*"})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"path_regex": "/a/[0-9]+"})", R"({"path_exact": "/a/17"})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"path": "/a"})", R"({"path_regex": "/a/[0-9]+"})"}), 0);
  EXPECT_EQ(shadowOfLast({"{}", R"({"path_regex": ".*\\.jpg"})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"path": "/x"})", R"({"host": "b.example"})", R"({"path": "/x/y"})"}), 0);
}

TEST(Shadowing, SparesWhatSomeRequestReaches) {
  EXPECT_EQ(shadowOfLast({R"({"path": "/a"})", R"({"path": "/ab"})"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"path": "/a/b"})", R"({"path": "/a"})"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"path_exact": "/a"})", R"({"path": "/a"})"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"path": "/a/"})", R"({"path": "/a"})"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"path": "/a"})", R"({"path_regex": "/a[0-9]*"})"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"path_regex": "/a/[0-9]+"})", R"({"path": "/a/17"})"}), -1);
  EXPECT_EQ(shadowOfLast({"{}", R"({"host": "a.example"})"}), -1) << "the request's own host is asked first";
  EXPECT_EQ(shadowOfLast({R"({"host": "*.example"})", "{}"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"host": "a.example:80"})", R"({"host": "a.example"})"}), -1);
}

TEST(Shadowing, ComparesConditions) {
  EXPECT_EQ(shadowOfLast({R"({"methods": ["GET"]})", "{}"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"methods": ["GET", "PUT"]})", R"({"methods": ["PUT"]})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"methods": ["GET"]})", R"({"methods": ["GET", "PUT"]})"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"headers": {"x": "1"}})", R"({"headers": {"x": "1", "y": "1"}})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"headers": {"x": "1"}})", R"({"headers": {"x": "2"}})"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"headers": {"x": {"regex": "a"}}})", R"({"headers": {"x": {"regex": "b"}}})"}), -1);
  EXPECT_EQ(shadowOfLast({R"({"query": {"x": "1"}})", R"({"query": {"x": {"exact": "1"}}})"}), 0);
  EXPECT_EQ(shadowOfLast({R"({"query": {"x": "1"}})", "{}"}), -1);
}

TEST(Shadowing, KnowsWhatNoPathCanBe) {
  EXPECT_TRUE(whyUnreachable(readRoutes({R"({"path_regex": "api/.*"})"}).front()));
  EXPECT_TRUE(whyUnreachable(readRoutes({R"({"methods": ["CONNECT"]})"}).front()));
  for (const char* match :
       {R"({"path_regex": "/api"})", R"({"path_regex": ".*"})", R"({"path_regex": "\\*"})",
        R"({"path_regex": "(/a|/b)$"})", R"({"path_regex": "^/a$"})", R"({"methods": ["CONNECT", "GET"]})"}) {
    EXPECT_FALSE(whyUnreachable(readRoutes({match}).front())) << match;
  }
}

TEST(Shadowing, TenThousandRoutesAtOnePlaceAreLookedThroughInBounds) {
  std::vector<RouteConfig> routes = readRoutes({R"({"headers": {"x": "1"}})"});
  routes.resize(10'000, routes.front());
  for (size_t i = 0; i < routes.size(); ++i) routes[i].match.headers.front().text = std::to_string(i);
  EXPECT_TRUE(findShadowed(routes).empty());
}

}  // namespace
}  // namespace headgate::routing
