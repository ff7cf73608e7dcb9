#include "source/upstream/lb/hashing.h"
#include "source/upstream/lb/schedule.h"
#include "source/upstream/lb/tried.h"
#include "source/upstream/load_balancer.h"

namespace headgate::upstream {
namespace {

using lb::wasTried;

/// The next member at or behind place `from` of `schedule` that was not tried; the one at `from` if all were.
size_t untriedFrom(const HostSet& set, const std::vector<uint32_t>& schedule, uint64_t from,
                   const PickContext& context) {
  const size_t first = schedule[from % schedule.size()];
  if (context.tried.empty() || !wasTried(set, context, first)) return first;
  for (size_t step = 1; step < schedule.size(); ++step) {
    const size_t index = schedule[(from + step) % schedule.size()];
    if (!wasTried(set, context, index)) return index;
  }
  return first;
}

class RoundRobin final : public LoadBalancer {
 public:
  RoundRobin(const HostSet& set, BalancerState& state) : set_(set), schedule_(lb::smoothSchedule(set)), state_(state) {}
  size_t pick(const PickContext& context) const override {
    if (schedule_.empty()) return kNone;
    // Relaxed: each caller needs a turn of its own, not an order with other memory.
    return untriedFrom(set_, schedule_, state_.turn.fetch_add(1, std::memory_order_relaxed), context);
  }

 private:
  const HostSet& set_;
  const std::vector<uint32_t> schedule_;
  BalancerState& state_;
};

class Random final : public LoadBalancer {
 public:
  explicit Random(const HostSet& set) : set_(set), schedule_(lb::smoothSchedule(set)) {}
  size_t pick(const PickContext& context) const override {
    if (schedule_.empty()) return kNone;
    return untriedFrom(set_, schedule_, context.random, context);
  }

 private:
  const HostSet& set_;
  const std::vector<uint32_t> schedule_;
};

/// Compares active requests over all workers: every candidate when there are few, two random ones beyond. Ties go to a
/// random one, else every worker would send an idle cluster's requests to its first host.
class LeastRequest final : public LoadBalancer {
 public:
  static constexpr size_t kFew = 8;

  explicit LeastRequest(const HostSet& set) : set_(set), schedule_(lb::smoothSchedule(set)) {
    if (set.candidates.size() <= kFew) return;
    weights_.resize(set.members->size());
    for (const HostSet::Candidate& candidate : set.candidates) weights_[candidate.index] = candidate.weight;
  }
  size_t pick(const PickContext& context) const override {
    if (schedule_.empty()) return kNone;
    return set_.candidates.size() <= kFew ? pickOfAll(context) : pickOfTwo(context);
  }

 private:
  /// (active + 1) / weight, compared by cross-multiplication.
  [[nodiscard]] bool lessLoaded(const HostSet::Candidate& a, const HostSet::Candidate& b) const {
    return uint64_t{set_.host(a.index).activeRequests() + 1} * b.weight <
           uint64_t{set_.host(b.index).activeRequests() + 1} * a.weight;
  }

  [[nodiscard]] size_t pickOfAll(const PickContext& context) const {
    const auto& candidates = set_.candidates;
    const size_t start = context.random % candidates.size();
    const HostSet::Candidate* best = nullptr;
    for (size_t step = 0; step < candidates.size(); ++step) {
      const HostSet::Candidate& candidate = candidates[(start + step) % candidates.size()];
      if (wasTried(set_, context, candidate.index)) continue;
      if (best == nullptr || lessLoaded(candidate, *best)) best = &candidate;
    }
    return best == nullptr ? candidates[start].index : best->index;
  }

  [[nodiscard]] size_t pickOfTwo(const PickContext& context) const {
    const auto a = static_cast<uint32_t>(untriedFrom(set_, schedule_, context.random & 0xffffffff, context));
    auto b = static_cast<uint32_t>(untriedFrom(set_, schedule_, context.random >> 32, context));
    // The same twice: its neighbour in the schedule, which has every candidate within one period.
    for (uint64_t step = 1; b == a && step < schedule_.size(); ++step)
      b = schedule_[((context.random >> 32) + step) % schedule_.size()];
    if (wasTried(set_, context, b)) return a;
    return lessLoaded({b, weights_[b]}, {a, weights_[a]}) ? b : a;
  }

  const HostSet& set_;
  const std::vector<uint32_t> schedule_;
  std::vector<uint32_t> weights_;  ///< by member, where pickOfTwo needs them
};

}  // namespace

std::unique_ptr<const LoadBalancer> makeLoadBalancer(LbPolicy policy, const HostSet& set, BalancerState& state) {
  switch (policy) {
    case LbPolicy::RoundRobin: return std::make_unique<RoundRobin>(set, state);
    case LbPolicy::LeastRequest: return std::make_unique<LeastRequest>(set);
    case LbPolicy::Random: return std::make_unique<Random>(set);
    case LbPolicy::RingHash: return lb::makeRingHash(set);
    case LbPolicy::Maglev: return lb::makeMaglev(set);
  }
  return nullptr;
}

}  // namespace headgate::upstream
