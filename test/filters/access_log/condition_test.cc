#include "filters/access_log/condition.h"

#include <gtest/gtest.h>

#include <optional>

#include "source/config/parser.h"
#include "test/source/format/exchange.h"

namespace headgate::filters::access_log {
namespace {

struct Read {
  Condition condition;
  std::string errors;
};

Read read(const std::string& text) {
  config::Errors errors("test.json", text);
  const std::optional<config::Node> node = config::parseJson(text, {}, errors);
  Read result{Condition::read(config::Object(*node, errors)), {}};
  result.errors = errors.text();
  return result;
}

bool holds(const std::string& text, const api::StreamInfo& info) {
  const Read result = read(text);
  EXPECT_EQ(result.errors, "") << text;
  Random random(1);
  return result.condition.holds(info, random);
}

TEST(Condition, HoldsWithoutAnyKey) { EXPECT_TRUE(holds("{}", api::StreamInfo())); }

TEST(Condition, LooksAtTheStatus) {
  format::Exchange exchange;  // 204
  EXPECT_TRUE(holds(R"({"status": {"min": 204, "max": 204}})", exchange.info));
  EXPECT_FALSE(holds(R"({"status": {"min": 205}})", exchange.info));
  EXPECT_FALSE(holds(R"({"status": {"max": 203}})", exchange.info));
  exchange.info.status = 0;
  EXPECT_TRUE(holds(R"({"status": {"max": 0}})", exchange.info)) << "the client left";
}

TEST(Condition, LooksAtTheDuration) {
  const format::Exchange exchange;  // 226.999 ms
  EXPECT_TRUE(holds(R"({"duration": {"min": "226ms"}})", exchange.info));
  EXPECT_FALSE(holds(R"({"duration": {"min": "227ms"}})", exchange.info));
  EXPECT_TRUE(holds(R"({"duration": {"max": "227ms"}})", exchange.info));
}

TEST(Condition, LooksAtFlagsAndDetails) {
  format::Exchange exchange;
  EXPECT_FALSE(holds(R"({"flags": []})", exchange.info)) << "any flag at all";
  exchange.info.flags = api::kUpstreamRequestTimeout;
  EXPECT_TRUE(holds(R"({"flags": []})", exchange.info));
  EXPECT_TRUE(holds(R"({"flags": ["UF", "UT"]})", exchange.info));
  EXPECT_FALSE(holds(R"({"flags": ["UF"]})", exchange.info));
  EXPECT_TRUE(holds(R"({"details": "via_upstream"})", exchange.info));
  EXPECT_FALSE(holds(R"({"details": "route_not_found"})", exchange.info));
}

TEST(Condition, LooksAtHeaders) {
  format::Exchange exchange;
  EXPECT_TRUE(holds(R"({"request_header": {"name": "User-Agent"}})", exchange.info));
  EXPECT_TRUE(holds(R"({"request_header": {"name": "user-agent", "value": "nsq2http"}})", exchange.info));
  EXPECT_FALSE(holds(R"({"request_header": {"name": "user-agent", "value": "nsq"}})", exchange.info));
  EXPECT_TRUE(holds(R"({"response_header": {"name": "server", "value": "origin"}})", exchange.info));
  exchange.info.response = nullptr;
  EXPECT_FALSE(holds(R"({"response_header": {"name": "server"}})", exchange.info));
}

TEST(Condition, CombinesOthers) {
  const format::Exchange exchange;  // 204, 226 ms
  EXPECT_FALSE(holds(R"({"status": {"min": 500}, "duration": {"min": "1ms"}})", exchange.info)) << "all keys must hold";
  EXPECT_TRUE(holds(R"({"any": [{"status": {"min": 500}}, {"duration": {"min": "1ms"}}]})", exchange.info));
  EXPECT_FALSE(holds(R"({"all": [{"status": {"min": 500}}, {"duration": {"min": "1ms"}}]})", exchange.info));
  EXPECT_TRUE(holds(R"({"not": {"status": {"min": 500}}})", exchange.info));
  EXPECT_FALSE(holds(R"({"not": {}})", exchange.info));
}

TEST(Condition, TakesASampleOfAboutThatMany) {
  const api::StreamInfo info;
  Random random(7);
  const Read tenth = read(R"({"sample": 10})");
  const Read none = read(R"({"sample": 0})");
  const Read all = read(R"({"sample": 100})");
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    taken += tenth.condition.holds(info, random) ? 1 : 0;
    ASSERT_FALSE(none.condition.holds(info, random));
    ASSERT_TRUE(all.condition.holds(info, random));
  }
  EXPECT_NEAR(taken, 10'000, 500);
}

TEST(Condition, SaysEverythingThatIsWrong) {
  const std::string errors = read(R"({"status": {"min": 500, "max": 400}, "duration": {"min": "5sec"}, "flags": ["XX"],
                                      "request_header": {"value": "a"}, "sample": 101, "any": [], "not": {"stats": 1}})")
                                 .errors;
  for (const char* expected :
       {"/status/min: expected no more than \"max\"", "/duration/min: expected a duration",
        "/flags/0: expected a response flag such as \"UF\", got \"XX\"", "/request_header/name: missing",
        "/sample: expected a number", "/any: expected at least one condition", "did you mean \"status\""}) {
    EXPECT_NE(errors.find(expected), std::string::npos) << expected << '\n' << errors;
  }
}

}  // namespace
}  // namespace headgate::filters::access_log
