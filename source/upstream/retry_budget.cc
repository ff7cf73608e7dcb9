#include "source/upstream/retry_budget.h"

namespace headgate::upstream {

bool RetryBudget::take(base::MonotonicTime now, uint32_t percent, uint32_t minPerSecond) {
  Slot& current = slot(now);
  uint64_t requests = 0;
  uint64_t retries = 0;
  for (const Slot& each : slots_) {
    if (each.second <= current.second - kWindowSeconds) continue;
    requests += each.requests;
    retries += each.retries;
  }
  if (current.retries >= minPerSecond && (retries + 1) * 100 > requests * percent) return false;
  ++current.retries;
  return true;
}

}  // namespace headgate::upstream
