#include "source/upstream/host_stats.h"

#include <algorithm>
#include <cmath>

namespace headgate::upstream {

double HostTotals::latencyPercentile(double percent) const {
  uint64_t count = 0;
  for (const uint64_t inBucket : latency) count += inBucket;
  if (count == 0) return 0;
  const auto rank =
      std::clamp<uint64_t>(static_cast<uint64_t>(std::ceil(percent / 100 * static_cast<double>(count))), 1, count);
  uint64_t seen = 0;
  for (size_t i = 0; i < latency.size(); ++i) {
    seen += latency[i];
    if (seen >= rank) return (LatencyBuckets::lowerBound(i) + LatencyBuckets::lowerBound(i + 1)) / 2;
  }
  return 0;
}

HostTotals HostStats::totals() const {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  HostTotals sum;
  for (const Stripe& stripe : stripes_) {
    sum.rqTotal += stripe.rqTotal.load(kRelaxed);
    sum.rqSuccess += stripe.rqSuccess.load(kRelaxed);
    sum.rqError += stripe.rqError.load(kRelaxed);
    sum.rqTimeout += stripe.rqTimeout.load(kRelaxed);
    sum.cxTotal += stripe.cxTotal.load(kRelaxed);
    sum.cxConnectFail += stripe.cxConnectFail.load(kRelaxed);
    for (size_t i = 0; i < sum.latency.size(); ++i) sum.latency[i] += stripe.latency[i].load(kRelaxed);
  }
  return sum;
}

}  // namespace headgate::upstream
