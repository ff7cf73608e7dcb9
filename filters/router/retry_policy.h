#pragma once
// Whether a request that failed may be sent again.

#include "source/base/error.h"
#include "source/http/message.h"
#include "source/routing/route_config.h"
#include "source/upstream/retry_budget.h"

namespace headgate::filters::router {

/// What is known of the failed attempt.
struct Failure {
  base::ErrorCode code;
  http::Method method;
  bool bodyReplayable;   ///< every body byte that was sent is still here
  uint32_t attempts;     ///< made so far, this one included
};

/// True when another attempt may be made. What provably was not sent costs nothing; what may have been sent is repeated only for idempotent methods, before a
/// response byte, and out of the budget.
[[nodiscard]] bool mayRetry(const routing::RetryConfig& config, const Failure& failure, upstream::RetryBudget& budget, base::MonotonicTime now);

}  // namespace headgate::filters::router
