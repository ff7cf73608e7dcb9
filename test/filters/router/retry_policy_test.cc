#include "filters/router/retry_policy.h"

#include <gtest/gtest.h>

namespace headgate::filters::router {
namespace {

using base::ErrorCode;
using http::Method;

class RetryPolicy : public testing::Test {
 protected:
  RetryVerdict judge(ErrorCode code, Method method = Method::Get, uint32_t attempts = 1, bool replayable = true) {
    return judgeRetry(config_, {code, method, replayable, attempts}, budget_, kNow);
  }
  static constexpr base::MonotonicTime kNow = 1'000'000'000'000;
  routing::RetryConfig config_;
  upstream::RetryBudget budget_;
};

TEST_F(RetryPolicy, RepeatsWhatWasNotSentWhateverTheMethod) {
  for (const ErrorCode code :
       {ErrorCode::ConnectFailed, ErrorCode::ConnectTimeout, ErrorCode::Unsent, ErrorCode::RefusedStream}) {
    EXPECT_EQ(judge(code, Method::Post), RetryVerdict::Retry);
  }
}

TEST_F(RetryPolicy, RepeatsWhatMayHaveBeenSentForIdempotentMethodsOnly) {
  for (const Method method : {Method::Get, Method::Head, Method::Options, Method::Trace, Method::Put, Method::Delete}) {
    EXPECT_EQ(judge(ErrorCode::UpstreamReset, method), RetryVerdict::Retry);
  }
  for (const Method method : {Method::Post, Method::Patch, Method::Other}) {
    EXPECT_EQ(judge(ErrorCode::UpstreamReset, method), RetryVerdict::NotRetryable);
    EXPECT_EQ(judge(ErrorCode::PerTryTimeout, method), RetryVerdict::NotRetryable);
  }
}

TEST_F(RetryPolicy, NeverRepeatsAnAnswerThatBeganOrARefusalOfItsOwn) {
  for (const ErrorCode code :
       {ErrorCode::UpstreamTruncated, ErrorCode::UpstreamProtocol, ErrorCode::Overflow, ErrorCode::NoHealthyUpstream}) {
    EXPECT_EQ(judge(code), RetryVerdict::NotRetryable);
  }
}

TEST_F(RetryPolicy, NeverRepeatsABodyThatIsGone) {
  EXPECT_EQ(judge(ErrorCode::ConnectFailed, Method::Put, 1, false), RetryVerdict::NotRetryable);
}

TEST_F(RetryPolicy, StopsAtTheLimit) {
  EXPECT_EQ(judge(ErrorCode::ConnectFailed, Method::Get, 2), RetryVerdict::Retry);
  EXPECT_EQ(judge(ErrorCode::ConnectFailed, Method::Get, 3), RetryVerdict::LimitReached);
}

TEST_F(RetryPolicy, TakesWhatMayHaveBeenSentOutOfTheBudget) {
  config_.budgetMinPerSecond = 2;
  EXPECT_EQ(judge(ErrorCode::UpstreamReset), RetryVerdict::Retry);
  EXPECT_EQ(judge(ErrorCode::UpstreamReset), RetryVerdict::Retry);
  EXPECT_EQ(judge(ErrorCode::UpstreamReset), RetryVerdict::OverBudget);
  EXPECT_EQ(judge(ErrorCode::ConnectFailed), RetryVerdict::Retry);
}

TEST_F(RetryPolicy, DoublesTheBackOffUpToItsMost) {
  const auto longest = [&](uint32_t attempts) {
    base::Duration most{0};
    for (uint64_t random = 0; random < 1000; ++random)
      most = std::max(most, backOff(config_, attempts, random * 0x9e3779b97f4a7c15));
    return std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
  };
  EXPECT_NEAR(static_cast<double>(longest(1)), 25, 1);
  EXPECT_NEAR(static_cast<double>(longest(2)), 50, 1);
  EXPECT_NEAR(static_cast<double>(longest(4)), 200, 4);
  EXPECT_NEAR(static_cast<double>(longest(9)), 250, 5);
}

TEST_F(RetryPolicy, SpreadsTheBackOff) {
  base::Duration least = std::chrono::seconds(1);
  for (uint64_t random = 0; random < 1000; ++random)
    least = std::min(least, backOff(config_, 1, random * 0x9e3779b97f4a7c15));
  EXPECT_LT(least, std::chrono::milliseconds(1));
  EXPECT_GT(least.count(), 0);
}

TEST_F(RetryPolicy, HasNoBackOffWithoutABase) {
  config_.backOffBase = base::Duration(0);
  EXPECT_EQ(backOff(config_, 3, 12345).count(), 0);
}

}  // namespace
}  // namespace headgate::filters::router
