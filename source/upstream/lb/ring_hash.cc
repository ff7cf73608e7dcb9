#include <algorithm>
#include <bit>

#include "source/upstream/lb/hash.h"
#include "source/upstream/lb/hashing.h"
#include "source/upstream/lb/tried.h"

namespace headgate::upstream::lb {
namespace {

class RingHash final : public LoadBalancer {
 public:
  explicit RingHash(const HostSet& set) : set_(set) {
    place();
    index();
  }

  size_t pick(const PickContext& context) const override {
    if (points_.empty()) return kNone;
    size_t at = find(context.hash.value_or(context.random));
    const size_t first = points_[at].member;
    if (context.tried.empty()) return first;
    for (size_t step = 0; step < points_.size(); ++step) {
      if (!wasTried(set_, context, points_[at].member)) return points_[at].member;
      at = at + 1 == points_.size() ? 0 : at + 1;
    }
    return first;
  }

 private:
  struct Point {
    uint64_t hash;
    uint32_t member;
  };

  void place() {
    if (set_.candidates.empty()) return;
    uint64_t least = UINT64_MAX;
    uint64_t total = 0;
    for (const HostSet::Candidate& candidate : set_.candidates) {
      least = std::min<uint64_t>(least, candidate.weight);
      total += candidate.weight;
    }
    // Many hosts or steep weights: fewer points each rather than a ring without bound.
    const double perWeight = std::min(static_cast<double>(kPointsPerHost) / static_cast<double>(least),
                                      static_cast<double>(kMaxPoints) / static_cast<double>(total));
    for (const HostSet::Candidate& candidate : set_.candidates) {
      const auto count = std::max<uint64_t>(1, static_cast<uint64_t>(perWeight * candidate.weight));
      for (uint64_t i = 0; i < count; ++i)
        points_.push_back({hashOf(set_.host(candidate.index).text(), i), candidate.index});
    }
    std::sort(points_.begin(), points_.end(),
              [](const Point& a, const Point& b) { return a.hash != b.hash ? a.hash < b.hash : a.member < b.member; });
  }

  /// By the leading bits of a hash, the first point at or behind them: the search then looks at a handful.
  void index() {
    if (points_.empty()) return;
    const unsigned bits = static_cast<unsigned>(std::bit_width(points_.size()));
    shift_ = 64 - bits;
    starts_.resize((size_t{1} << bits) + 1);
    size_t point = 0;
    for (size_t slot = 0; slot + 1 < starts_.size(); ++slot) {
      while (point < points_.size() && points_[point].hash >> shift_ < slot) ++point;
      starts_[slot] = static_cast<uint32_t>(point);
    }
    starts_.back() = static_cast<uint32_t>(points_.size());
  }

  [[nodiscard]] size_t find(uint64_t hash) const {
    size_t at = starts_[hash >> shift_];
    while (at < points_.size() && points_[at].hash < hash) ++at;
    return at == points_.size() ? 0 : at;
  }

  const HostSet& set_;
  std::vector<Point> points_;
  std::vector<uint32_t> starts_;
  unsigned shift_ = 0;
};

}  // namespace

std::unique_ptr<const LoadBalancer> makeRingHash(const HostSet& set) { return std::make_unique<RingHash>(set); }

}  // namespace headgate::upstream::lb
