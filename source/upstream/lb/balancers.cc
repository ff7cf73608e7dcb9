#include <algorithm>

#include "source/upstream/lb/schedule.h"
#include "source/upstream/load_balancer.h"

namespace headgate::upstream {
namespace {

bool contains(std::span<const size_t> tried, size_t index) { return std::find(tried.begin(), tried.end(), index) != tried.end(); }

/// The next index at or behind `from` in `schedule` that was not tried; the one at `from` if all were.
size_t untriedFrom(const std::vector<uint32_t>& schedule, uint64_t from, std::span<const size_t> tried) {
  const size_t first = schedule[from % schedule.size()];
  if (tried.empty() || !contains(tried, first)) return first;
  for (size_t step = 1; step < schedule.size(); ++step) {
    const size_t index = schedule[(from + step) % schedule.size()];
    if (!contains(tried, index)) return index;
  }
  return first;
}

class RoundRobin final : public LoadBalancer {
 public:
  RoundRobin(const HostSet& hosts, BalancerState& state) : schedule_(lb::smoothSchedule(hosts)), state_(state) {}
  size_t pick(const PickContext& context) override {
    if (schedule_.empty()) return kNone;
    // Relaxed: each caller needs a turn of its own, not an order with other memory.
    return untriedFrom(schedule_, state_.turn.fetch_add(1, std::memory_order_relaxed), context.tried);
  }

 private:
  const std::vector<uint32_t> schedule_;
  BalancerState& state_;
};

class Random final : public LoadBalancer {
 public:
  explicit Random(const HostSet& hosts) : schedule_(lb::smoothSchedule(hosts)) {}
  size_t pick(const PickContext& context) override {
    if (schedule_.empty()) return kNone;
    return untriedFrom(schedule_, context.random, context.tried);
  }

 private:
  const std::vector<uint32_t> schedule_;
};

/// Compares active requests over all workers: every host when there are few, two random ones beyond. Ties go to a random one, else every worker would
/// send an idle cluster's requests to its first host.
class LeastRequest final : public LoadBalancer {
 public:
  static constexpr size_t kFew = 8;

  explicit LeastRequest(const HostSet& hosts) : hosts_(hosts), schedule_(lb::smoothSchedule(hosts)) {}
  size_t pick(const PickContext& context) override {
    if (schedule_.empty()) return kNone;
    return hosts_.hosts.size() <= kFew ? pickOfAll(context) : pickOfTwo(context);
  }

 private:
  /// (active + 1) / weight, compared by cross-multiplication.
  [[nodiscard]] bool lessLoaded(size_t a, size_t b) const {
    const Host& x = *hosts_.hosts[a];
    const Host& y = *hosts_.hosts[b];
    return uint64_t{x.activeRequests() + 1} * y.weight() < uint64_t{y.activeRequests() + 1} * x.weight();
  }

  [[nodiscard]] size_t pickOfAll(const PickContext& context) const {
    const size_t count = hosts_.hosts.size();
    const size_t start = context.random % count;
    size_t best = kNone;
    for (size_t step = 0; step < count; ++step) {
      const size_t index = (start + step) % count;
      if (contains(context.tried, index)) continue;
      if (best == kNone || lessLoaded(index, best)) best = index;
    }
    return best == kNone ? start : best;
  }

  [[nodiscard]] size_t pickOfTwo(const PickContext& context) const {
    const size_t count = hosts_.hosts.size();
    const size_t a = untriedFrom(schedule_, context.random & 0xffffffff, context.tried);
    size_t b = untriedFrom(schedule_, context.random >> 32, context.tried);
    if (a == b) b = (a + 1) % count;
    if (contains(context.tried, b)) return a;
    return lessLoaded(b, a) ? b : a;
  }

  const HostSet& hosts_;
  const std::vector<uint32_t> schedule_;
};

}  // namespace

std::unique_ptr<LoadBalancer> makeLoadBalancer(LbPolicy policy, const HostSet& hosts, BalancerState& state) {
  switch (policy) {
    case LbPolicy::RoundRobin: return std::make_unique<RoundRobin>(hosts, state);
    case LbPolicy::LeastRequest: return std::make_unique<LeastRequest>(hosts);
    case LbPolicy::Random: return std::make_unique<Random>(hosts);
  }
  return nullptr;
}

}  // namespace headgate::upstream
