#include "source/upstream/circuit_breaker.h"

#include "source/config/object.h"

namespace headgate::upstream {

BreakerConfig readBreakerConfig(config::Object object) {
  constexpr uint32_t kMost = 1'000'000'000;
  BreakerConfig breaker;
  breaker.maxConnections = object.integer32("max_connections", breaker.maxConnections, 1, kMost);
  breaker.maxPending = object.integer32("max_pending", breaker.maxPending, 1, kMost);
  breaker.maxRequests = object.integer32("max_requests", breaker.maxRequests, 1, kMost);
  breaker.maxRetries = object.integer32("max_retries", breaker.maxRetries, 0, kMost);
  object.finish();
  return breaker;
}

}  // namespace headgate::upstream
