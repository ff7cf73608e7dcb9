#include "filters/ratelimit/fields.h"

#include <gtest/gtest.h>

#include "test/filters/ratelimit/structured_field.h"

namespace headgate::filters::ratelimit {
namespace {

using limits::Decision;
using limits::LimitSpec;
using limits::Mode;
using limits::Terms;
using limits::unitsOf;

constexpr base::MonotonicTime kNow = 7'000'000'000;

/// A bucket of that limit, which has `tokens` after the decision on a request of `cost`.
Decision decision(const LimitSpec& spec, double tokens, bool admitted = true, double cost = 1) {
  return {admitted ? Decision::Verdict::Admitted : Decision::Verdict::Refused,
          false,
          unitsOf(cost),
          {Terms(spec, Mode::Enforce, true), unitsOf(tokens), kNow}};
}

class FieldsTest : public testing::Test {
 protected:
  std::string field(std::string_view name) { return std::string(headers_.get(name)); }
  void standard(const Decision& decision) { addStandardFields(headers_, quotaOf(decision)); }
  Item item(std::string_view name) {
    const auto parsed = parseItem(headers_.get(name));
    EXPECT_TRUE(parsed) << headers_.get(name);
    return parsed.value_or(Item());
  }

  base::ChunkPool pool_;
  base::Arena arena_{pool_};
  http::HeaderList headers_{arena_};
};

TEST_F(FieldsTest, AreThoseOfTheDraft) {
  standard(decision({100, 50}, 42));
  EXPECT_EQ(field("ratelimit-policy"), R"("default";q=100;w=2)");
  EXPECT_EQ(field("ratelimit"), R"("default";r=42;t=1)");
}

TEST_F(FieldsTest, AreStructuredFields) {
  for (const LimitSpec spec : {LimitSpec{100, 50}, {1, 1e-9}, {1e9, 1e9}, {1e9, 0}, {1e9, 1}, {1.5, 0.3}}) {
    for (const double tokens : {0.0, 0.5, 1.0, spec.capacity}) {
      headers_.removeIf([](const http::Header&) { return true; });
      standard(decision(spec, tokens));
      const Item policy = item("ratelimit-policy");
      EXPECT_EQ(policy.value, "default");
      EXPECT_EQ(policy.parameters.at("q"), static_cast<int64_t>(spec.capacity));
      EXPECT_EQ(policy.parameters.count("w"), spec.ratePerSec > 0 ? 1U : 0U);
      const Item state = item("ratelimit");
      EXPECT_EQ(state.value, "default");
      EXPECT_EQ(state.parameters.at("r"), static_cast<int64_t>(tokens));
      EXPECT_EQ(state.parameters.count("t"), spec.ratePerSec > 0 ? 1U : 0U);
    }
  }
}

TEST_F(FieldsTest, HaveTheWindowThatFillsTheBucketRoundedUp) {
  EXPECT_EQ(quotaOf(decision({100, 50}, 0)).window, 2U);
  EXPECT_EQ(quotaOf(decision({101, 50}, 0)).window, 3U);
  EXPECT_EQ(quotaOf(decision({1, 1000}, 0)).window, 1U);
  EXPECT_FALSE(quotaOf(decision({1, 0}, 0)).window);
}

TEST_F(FieldsTest, ResetIsTheTimeUntilTheNextToken) {
  EXPECT_EQ(quotaOf(decision({100, 50}, 100)).reset, 0U);
  EXPECT_EQ(quotaOf(decision({100, 50}, 99.5)).reset, 1U);
  EXPECT_EQ(quotaOf(decision({10, 0.1}, 3)).reset, 10U);
  EXPECT_EQ(quotaOf(decision({10, 0.1}, 3.25)).reset, 8U) << "7.5 s";
  EXPECT_FALSE(quotaOf(decision({10, 0}, 3)).reset);
}

TEST_F(FieldsTest, RetryAfterIsExactAndRoundedUp) {
  EXPECT_EQ(quotaOf(decision({10, 1}, 0, false)).retryAfter, 1U);
  EXPECT_EQ(quotaOf(decision({10, 1}, 0.5, false)).retryAfter, 1U);
  EXPECT_EQ(quotaOf(decision({10, 1}, 0, false, 10)).retryAfter, 10U) << "a whole number of seconds is not rounded";
  EXPECT_EQ(quotaOf(decision({10, 1}, 1.0 / 1024, false, 10)).retryAfter, 10U);
  EXPECT_EQ(quotaOf(decision({10, 0.1}, 0, false)).retryAfter, 10U);
  EXPECT_EQ(quotaOf(decision({1e9, 1e9}, 0, false, 1e9)).retryAfter, 1U);
  EXPECT_EQ(quotaOf(decision({10, 1}, 0, false, 4)).reset, 4U);
}

TEST_F(FieldsTest, ThereIsNoRetryAfterForWhatWillNeverBeAdmitted) {
  for (const Decision& never : {decision({10, 1}, 10, false, 11), decision({10, 0}, 0, false)}) {
    const Quota quota = quotaOf(never);
    EXPECT_FALSE(quota.retryAfter);
    addRetryAfter(headers_, quota);
    EXPECT_TRUE(headers_.empty());
  }
}

TEST_F(FieldsTest, HaveAnOlderForm) {
  addLegacyFields(headers_, quotaOf(decision({100, 50}, 42.7)));
  EXPECT_EQ(field("x-ratelimit-limit"), "100");
  EXPECT_EQ(field("x-ratelimit-remaining"), "42");
  EXPECT_EQ(field("x-ratelimit-reset"), "1");
}

TEST(StructuredField, RefusesWhatIsNone) {
  for (const char* bad : {"", "default", "\"a", "\"a\";", "\"a\"; q=1", "\"a\";Q=1", "\"a\";q",
                          "\"a\";q=", "\"a\";q=1.5", "\"a\";q=1;q=2", "\"a\" ", "\"a\";q=1234567890123456"}) {
    EXPECT_FALSE(parseItem(bad)) << bad;
  }
  EXPECT_TRUE(parseItem(R"("a\"b";q=1;w=-2)"));
}

}  // namespace
}  // namespace headgate::filters::ratelimit
