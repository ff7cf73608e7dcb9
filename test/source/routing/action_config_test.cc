#include "source/routing/action_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/source/routing/requests.h"

namespace headgate::routing {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string mistakes(const std::string& members) { return readRoute("{" + members + "}").mistakes; }

TEST(ActionConfig, OneThingBecomesOfARequest) {
  EXPECT_THAT(mistakes(""), HasSubstr("/cluster: missing; expected the name of a cluster"));
  EXPECT_THAT(mistakes(R"("cluster": "a", "respond": {})"),
              HasSubstr("expected one of \"cluster\", \"clusters\", \"redirect\" and \"respond\", got several"));
  EXPECT_THAT(mistakes(R"("respond": {})"), IsEmpty());
  EXPECT_THAT(mistakes(R"("cluster": null, "clusters": [{"name": "a"}])"), IsEmpty());
}

TEST(ActionConfig, WhoAnswersItselfSendsNothingToABackend) {
  EXPECT_THAT(mistakes(R"("respond": {}, "rewrite": {"prefix": "/"})"), HasSubstr("/rewrite: has no effect"));
  EXPECT_THAT(mistakes(R"("redirect": {"path": "/"}, "mirror": {"cluster": "a"})"),
              HasSubstr("/mirror: has no effect"));
  EXPECT_THAT(mistakes(R"("redirect": {"path": "/"}, "request_headers": {"remove": ["a"]})"),
              HasSubstr("/request_headers: has no effect"));
  EXPECT_THAT(mistakes(R"("redirect": {"path": "/"}, "response_headers": {"remove": ["a"]})"), IsEmpty());
}

TEST(ActionConfig, ReadsWeightedClusters) {
  const Reading reading =
      readRoute(R"({"clusters": [{"name": "a", "weight": 90}, {"name": "b", "weight": 0}, {"name": "c"}]})");
  EXPECT_EQ(reading.mistakes, "");
  ASSERT_EQ(reading.route.clusters.size(), 3u);
  EXPECT_EQ(reading.route.clusters[0].weight, 90u);
  EXPECT_EQ(reading.route.clusters[2].weight, 1u);
  EXPECT_THAT(mistakes(R"("clusters": [])"), HasSubstr("/clusters: expected at least one cluster"));
  EXPECT_THAT(mistakes(R"("clusters": [{"name": "a", "weight": 0}])"),
              HasSubstr("/clusters: expected at least one weight over 0"));
  EXPECT_THAT(mistakes(R"("clusters": [{"name": "a"}, {"name": "a"}])"),
              HasSubstr("/clusters/1/name: \"a\" is given twice"));
  EXPECT_THAT(mistakes(R"("clusters": [{"weight": 1}])"),
              HasSubstr("/clusters/0/name: missing; expected the name of a cluster"));
  EXPECT_THAT(mistakes(R"("clusters": [{"name": "a", "weight": 1000001}])"), HasSubstr("from 0 to 1000000"));
}

TEST(ActionConfig, RefusesRedirectsThatLeadNowhere) {
  EXPECT_THAT(mistakes(R"("redirect": {})"), HasSubstr("it would lead to itself"));
  EXPECT_THAT(mistakes(R"("redirect": {"code": 308, "strip_query": true})"), HasSubstr("it would lead to itself"));
  EXPECT_THAT(mistakes(R"("redirect": {"path": "/a", "code": 304})"),
              HasSubstr("expected 301, 302, 303, 307 or 308, got 304"));
  EXPECT_THAT(mistakes(R"("redirect": {"path": "a"})"), HasSubstr("/redirect/path: expected a path that begins with"));
  EXPECT_THAT(mistakes(R"("redirect": {"path": "/a?b c"})"), HasSubstr("/redirect/path: expected visible ASCII"));
  EXPECT_THAT(mistakes(R"("redirect": {"path": "/a", "prefix": "/b"})"),
              HasSubstr("at most one of \"path\" and \"prefix\""));
  EXPECT_THAT(mistakes(R"("redirect": {"host": "a:80"})"),
              HasSubstr("/redirect/host: expected a host name such as \"www.example.com\", without port"));
  EXPECT_THAT(mistakes(R"("redirect": {"host": "*.a"})"), HasSubstr("/redirect/host: expected a host name"));
  EXPECT_THAT(mistakes(R"("redirect": {"scheme": "ftp"})"),
              HasSubstr("expected one of \"http\", \"https\", got \"ftp\""));
  EXPECT_THAT(mistakes(R"("match": {"path_exact": "/a"}, "redirect": {"prefix": "/b"})"),
              HasSubstr("/redirect/prefix: needs a match by \"path\""));
}

TEST(ActionConfig, RefusesResponsesThatCannotBe) {
  EXPECT_THAT(mistakes(R"("respond": {"status": 100})"), HasSubstr("expected a whole number from 200 to 599, got 100"));
  EXPECT_THAT(mistakes(R"("respond": {"status": 204, "body": "x"})"), HasSubstr("/respond/body: expected none"));
  EXPECT_THAT(mistakes(R"("respond": {"body": ")" + std::string(65537, 'x') + "\"}"),
              HasSubstr("expected at most 65536 bytes"));
  EXPECT_THAT(mistakes(R"("respond": {"headers": {"content-length": "1"}})"),
              HasSubstr("/respond/headers/content-length"));
  EXPECT_THAT(mistakes(R"("respond": {"headers": {"x": "%NO%"}})"), HasSubstr("/respond/headers/x"));
}

TEST(ActionConfig, RefusesRewritesThatMakeNoPath) {
  const auto rewrite = [](const std::string& members) {
    return mistakes(R"("cluster": "a", "rewrite": {)" + members + "}");
  };
  EXPECT_THAT(rewrite(""), HasSubstr("expected at least one of \"prefix\", \"regex\" and \"host\""));
  EXPECT_THAT(rewrite(R"("prefix": "b")"), HasSubstr("/rewrite/prefix: expected a path that begins with"));
  EXPECT_THAT(rewrite(R"("prefix": "/a", "regex": "a")"), HasSubstr("at most one of \"prefix\" and \"regex\""));
  EXPECT_THAT(rewrite(R"("substitution": "/")"), HasSubstr("needs a \"regex\""));
  EXPECT_THAT(rewrite(R"("regex": "(", "substitution": "/")"),
              HasSubstr("/rewrite/regex: expected a regular expression"));
  EXPECT_THAT(rewrite(R"("regex": "a", "substitution": "\\1")"),
              HasSubstr("/rewrite/substitution: expected text with groups such as"));
  EXPECT_THAT(rewrite(R"("regex": "a", "substitution": "?x")"), HasSubstr("characters that a path may hold"));
  EXPECT_THAT(rewrite(R"("regex": "a", "substitution": "\\\\")"), HasSubstr("characters that a path may hold"));
  EXPECT_THAT(rewrite(R"("host": "*.a")"), HasSubstr("/rewrite/host: expected a host name"));
  EXPECT_THAT(rewrite(R"("host": "a:8080")"), IsEmpty());
}

TEST(ActionConfig, AMirrorHasAShare) {
  EXPECT_EQ(readRoute(R"({"cluster": "a", "mirror": {"cluster": "b", "percent": 0.5}})").route.mirror->share, 5000u);
  EXPECT_EQ(readRoute(R"({"cluster": "a", "mirror": {"cluster": "b"}})").route.mirror->share, MirrorConfig::kAll);
  EXPECT_THAT(mistakes(R"("cluster": "a", "mirror": {})"),
              HasSubstr("/mirror/cluster: missing; expected the name of a cluster"));
  EXPECT_THAT(mistakes(R"("cluster": "a", "mirror": {"cluster": "b", "percent": 101})"),
              HasSubstr("expected a number from 0 to 100"));
}

}  // namespace
}  // namespace headgate::routing
