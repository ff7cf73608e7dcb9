#include "filters/ratelimit/config.h"

#include <gtest/gtest.h>

#include "source/config/loader.h"
#include "source/limits/limits_config.h"

namespace headgate::filters::ratelimit {
namespace {

template <typename Read>
auto read(const std::string& text, Read&& reader, std::string* mistakes = nullptr) {
  config::Document document = config::loadText("t", text, {});
  config::Object object(*document.root, document.errors);
  auto result = reader(object);
  object.finish();
  if (mistakes != nullptr) {
    *mistakes = document.errors.text();
  } else {
    EXPECT_EQ(document.errors.text(), "");
  }
  return result;
}

TEST(RateLimitOptions, DefaultToOneTokenByTheRuleOfTheLimits) {
  const Options options = read("{}", readOptions);
  EXPECT_EQ(options.cost, 1U);
  EXPECT_FALSE(options.clientKey);
  EXPECT_EQ(options.fields, kStandardFields);
}

TEST(RateLimitOptions, AreReadForAListenerAndForARoute) {
  const Options options =
      read(R"({"cost": 3, "client_key": [{"header": "X-Tenant"}], "headers": "both"})", readOptions);
  EXPECT_EQ(options.cost, 3U);
  ASSERT_TRUE(options.clientKey);
  EXPECT_EQ(options.clientKey->at(0).header, "x-tenant");
  EXPECT_EQ(options.fields, kStandardFields | kLegacyFields);
  const auto route = read(R"({"cost": 5})", readRouteOptions);
  EXPECT_EQ(route->cost, 5U);
  EXPECT_FALSE(route->clientKey);
}

TEST(LimitsConfig, ReadsARateAsTokensInAnInterval) {
  const auto limits = read(R"({"limits": {"default": {"capacity": 10, "rate": {"tokens": 3, "interval": "2s"}}}})",
                           [](config::Object& object) { return limits::readLimitsConfig(object.child("limits")); });
  EXPECT_EQ(limits.defaults, (limits::LimitSpec{10, 1.5}));
}

TEST(LimitsConfig, AdvisesWhereAClientMayChooseItsId) {
  limits::LimitsConfig config;
  EXPECT_NE(limits::adviceOn(config), "");
  config.unknownClients = limits::UnknownClients::ByAddress;
  EXPECT_EQ(limits::adviceOn(config), "");
  config.unknownClients = limits::UnknownClients::OwnBucket;
  config.clientKey = {limits::KeySource{}};
  EXPECT_EQ(limits::adviceOn(config), "");
}

}  // namespace
}  // namespace headgate::filters::ratelimit
