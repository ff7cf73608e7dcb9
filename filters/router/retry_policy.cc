#include "filters/router/retry_policy.h"

#include <algorithm>

namespace headgate::filters::router {
namespace {

using base::ErrorCode;

constexpr uint32_t kMaxDoublings = 10;

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

RetryVerdict judgeRetry(const routing::RetryConfig& config, const Failure& failure, upstream::RetryBudget& budget,
                        base::MonotonicTime now) {
  const uint8_t condition = conditionOf(failure.code);
  if ((config.on & condition) == 0 || !failure.bodyReplayable) return RetryVerdict::NotRetryable;
  const bool mayHaveBeenSent = condition == routing::kRetryReset;
  if (mayHaveBeenSent && !http::isIdempotent(failure.method)) return RetryVerdict::NotRetryable;
  if (failure.attempts > config.max) return RetryVerdict::LimitReached;
  if (mayHaveBeenSent && !budget.take(now, config.budgetPercent, config.budgetMinPerSecond))
    return RetryVerdict::OverBudget;
  return RetryVerdict::Retry;
}

base::Duration backOff(const routing::RetryConfig& config, uint32_t attempts, uint64_t random) {
  if (config.backOffBase.count() == 0) return {};
  const uint32_t doublings = std::min(attempts > 0 ? attempts - 1 : 0, kMaxDoublings);
  const int64_t step = std::min(config.backOffBase.count() << doublings, config.backOffMax.count());
  return base::Duration(1 + static_cast<int64_t>(random % static_cast<uint64_t>(step)));
}

}  // namespace headgate::filters::router
