#include "filters/router/retry_policy.h"

namespace headgate::filters::router {
namespace {

using base::ErrorCode;

/// The `retries.on` bit that an error falls under; 0: it is never retried.
uint8_t conditionOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::ConnectFailed:
    case ErrorCode::ConnectTimeout: return routing::kRetryConnectFailure;
    case ErrorCode::RefusedStream: return routing::kRetryRefusedStream;
    case ErrorCode::Unsent: return routing::kRetryUnsent;
    case ErrorCode::UpstreamReset:
    case ErrorCode::PerTryTimeout: return routing::kRetryReset;
    default: return 0;
  }
}

}  // namespace

bool mayRetry(const routing::RetryConfig& config, const Failure& failure, upstream::RetryBudget& budget, base::MonotonicTime now) {
  const uint8_t condition = conditionOf(failure.code);
  if ((config.on & condition) == 0 || failure.attempts > config.max || !failure.bodyReplayable) return false;
  if (condition != routing::kRetryReset) return true;
  return http::isIdempotent(failure.method) && budget.take(now, config.budgetPercent, config.budgetMinPerSecond);
}

}  // namespace headgate::filters::router
