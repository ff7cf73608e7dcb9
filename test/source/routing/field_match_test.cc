#include "source/routing/field_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/source/routing/requests.h"

namespace headgate::routing {
namespace {

using testing::HasSubstr;

/// Whether a route with this condition on a header takes the request.
bool headerHolds(const std::string& condition, const TestRequest& request) {
  const Reading reading = readRoute(R"({"cluster": "a", "match": {"headers": )" + condition + "}}");
  EXPECT_EQ(reading.mistakes, "") << condition;
  return reading.route.match.conditionsHold(request.head);
}

bool queryHolds(const std::string& condition, std::string_view path) {
  const Reading reading = readRoute(R"({"cluster": "a", "match": {"query": )" + condition + "}}");
  EXPECT_EQ(reading.mistakes, "") << condition;
  return reading.route.match.conditionsHold(TestRequest(path).head);
}

std::string mistakesOf(const std::string& match) {
  return readRoute(R"({"cluster": "a", "match": )" + match + "}").mistakes;
}

TEST(FieldMatch, ComparesValuesOfHeaders) {
  TestRequest request;
  request.header("x-a", "hello").header("content-type", "text/html");
  EXPECT_TRUE(headerHolds(R"({"X-A": "hello"})", request));
  EXPECT_FALSE(headerHolds(R"({"X-A": "Hello"})", request));
  EXPECT_TRUE(headerHolds(R"({"x-a": {"exact": "hello"}})", request));
  EXPECT_TRUE(headerHolds(R"({"x-a": {"prefix": "hell"}})", request));
  EXPECT_FALSE(headerHolds(R"({"x-a": {"prefix": "ell"}})", request));
  EXPECT_TRUE(headerHolds(R"({"x-a": {"regex": "h.*o"}})", request));
  EXPECT_FALSE(headerHolds(R"({"x-a": {"regex": "h"}})", request)) << "the whole value";
  EXPECT_TRUE(headerHolds(R"({"content-type": {"prefix": "text/"}})", request));
  EXPECT_TRUE(headerHolds(R"({"x-a": "hello", "content-type": "text/html"})", request));
  EXPECT_FALSE(headerHolds(R"({"x-a": "hello", "content-type": "x"})", request)) << "all of them";
}

TEST(FieldMatch, AsksWhetherAHeaderIsThere) {
  TestRequest request;
  request.header("x-a", "");
  EXPECT_TRUE(headerHolds(R"({"x-a": {"present": true}})", request));
  EXPECT_FALSE(headerHolds(R"({"x-a": {"present": false}})", request));
  EXPECT_FALSE(headerHolds(R"({"x-b": {"present": true}})", request));
  EXPECT_TRUE(headerHolds(R"({"x-b": {"present": false}})", request));
  EXPECT_TRUE(headerHolds(R"({"x-b": {"present": true, "invert": true}})", request));
  EXPECT_TRUE(headerHolds(R"({"x-a": ""})", request));
}

TEST(FieldMatch, OfSeveralLinesOneIsEnoughAndInvertedNoneMayFit) {
  TestRequest request;
  request.header("x-a", "1").header("x-a", "2");
  EXPECT_TRUE(headerHolds(R"({"x-a": "2"})", request));
  EXPECT_FALSE(headerHolds(R"({"x-a": {"exact": "2", "invert": true}})", request));
  EXPECT_TRUE(headerHolds(R"({"x-a": {"exact": "3", "invert": true}})", request));
  EXPECT_TRUE(headerHolds(R"({"x-b": {"exact": "3", "invert": true}})", request)) << "an absent one fits nothing";
}

TEST(FieldMatch, ReadsTheQueryAsItIsSent) {
  EXPECT_TRUE(queryHolds(R"({"v": "1"})", "/?v=1"));
  EXPECT_TRUE(queryHolds(R"({"v": "1"})", "/?a=b&v=1&c"));
  EXPECT_TRUE(queryHolds(R"({"v": "1"})", "/?v=0&v=1"));
  EXPECT_TRUE(queryHolds(R"({"v": "a=b"})", "/?v=a=b"));
  EXPECT_TRUE(queryHolds(R"({"v": ""})", "/?v"));
  EXPECT_TRUE(queryHolds(R"({"v": {"present": true}})", "/?&v&"));
  EXPECT_FALSE(queryHolds(R"({"v": {"present": true}})", "/?vv=1&w=v"));
  EXPECT_FALSE(queryHolds(R"({"v": {"present": true}})", "/v"));
  EXPECT_FALSE(queryHolds(R"({"v": "1"})", "/?v=%31"));
  EXPECT_TRUE(queryHolds(R"({"v": {"present": false}})", "/"));
}

TEST(FieldMatch, MistakesSayWhatIsExpected) {
  EXPECT_THAT(mistakesOf(R"({"headers": {"x-a": 1}})"),
              HasSubstr("/match/headers/x-a: expected a value, or an object with one of"));
  EXPECT_THAT(mistakesOf(R"({"headers": {"x-a": {}}})"),
              HasSubstr("/match/headers/x-a: expected a value, or an object with one of"));
  EXPECT_THAT(mistakesOf(R"({"headers": {"x-a": {"exact": "1", "prefix": "1"}}})"), HasSubstr("with one of"));
  EXPECT_THAT(mistakesOf(R"({"headers": {"x-a": {"regex": "("}}})"),
              HasSubstr("/match/headers/x-a/regex: expected a regular expression of RE2 (missing ): ()"));
  EXPECT_THAT(mistakesOf(R"({"headers": {"x-a": {"like": "1"}}})"), HasSubstr("unknown key \"like\""));
  EXPECT_THAT(mistakesOf(R"({"headers": {"x a": "1"}})"), HasSubstr("expected the name of a header, got \"x a\""));
  EXPECT_THAT(mistakesOf(R"({"headers": {"Host": "a"}})"), HasSubstr("a route has \"host\" for it"));
  EXPECT_THAT(mistakesOf(R"({"headers": {"X-A": "1", "x-a": "2"}})"), HasSubstr("\"x-a\" has a condition already"));
  EXPECT_THAT(mistakesOf(R"({"query": {"a&b": "1"}})"),
              HasSubstr("expected the name of a query parameter as it is sent"));
}

}  // namespace
}  // namespace headgate::routing
