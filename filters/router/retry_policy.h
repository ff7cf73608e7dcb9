#pragma once
// Whether a request that failed may be sent again, and when.

#include "source/base/error.h"
#include "source/http/message.h"
#include "source/routing/route_config.h"
#include "source/upstream/retry_budget.h"

namespace headgate::filters::router {

/// What is known of the failed attempt.
struct Failure {
  base::ErrorCode code;
  http::Method method;
  bool bodyReplayable;  ///< every body byte that was sent is still here
  uint32_t attempts;    ///< made so far, this one included
};

enum class RetryVerdict : uint8_t {
  Retry,
  NotRetryable,  ///< the failure, the method or the body does not allow it
  LimitReached,  ///< `retries.max` have been made
  OverBudget,
};

/// Retry when another attempt may be made. What provably was not sent costs nothing; what may have been sent is
/// repeated only for idempotent methods, before a response byte, and out of the budget.
[[nodiscard]] RetryVerdict judgeRetry(const routing::RetryConfig& config, const Failure& failure,
                                      upstream::RetryBudget& budget, base::MonotonicTime now);

/// How long to wait before attempt number `attempts` + 1 at a host that has failed this request already: a random part
/// of the step that doubles from `back_off.base` to `back_off.max`, so that those who failed together do not come back
/// together. Zero when there is to be none.
[[nodiscard]] base::Duration backOff(const routing::RetryConfig& config, uint32_t attempts, uint64_t random);

}  // namespace headgate::filters::router
