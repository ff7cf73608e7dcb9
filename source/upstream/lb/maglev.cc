#include <algorithm>

#include "source/upstream/lb/hash.h"
#include "source/upstream/lb/hashing.h"
#include "source/upstream/lb/tried.h"

namespace headgate::upstream::lb {
namespace {

class Maglev final : public LoadBalancer {
 public:
  explicit Maglev(const HostSet& set) : set_(set) {
    if (!set.candidates.empty()) fill();
  }

  size_t pick(const PickContext& context) const override {
    if (table_.empty()) return kNone;
    const uint64_t hash = context.hash.value_or(context.random);
    size_t slot = hash % kMaglevSlots;
    const size_t first = table_[slot];
    if (context.tried.empty()) return first;
    // Another host for each key of the one that was tried, as if that were gone.
    for (size_t step = 0; step < kMaglevSlots; ++step) {
      if (!wasTried(set_, context, table_[slot])) return table_[slot];
      slot = slot + 1 == kMaglevSlots ? 0 : slot + 1;
    }
    return first;
  }

 private:
  static constexpr uint32_t kEmpty = UINT32_MAX;
  struct Filler {
    uint32_t member;
    double share;  ///< of the heaviest: how often it has its turn
    double due = 0;
    uint64_t at;
    uint64_t skip;
  };

  void fill() {
    table_.assign(kMaglevSlots, kEmpty);
    uint32_t most = 0;
    for (const HostSet::Candidate& candidate : set_.candidates) most = std::max(most, candidate.weight);
    std::vector<Filler> fillers;
    for (const HostSet::Candidate& candidate : set_.candidates) {
      const std::string& name = set_.host(candidate.index).text();
      fillers.push_back({candidate.index, static_cast<double>(candidate.weight) / most, 0,
                         hashOf(name, 1) % kMaglevSlots, hashOf(name, 2) % (kMaglevSlots - 1) + 1});
    }
    // In the order of the names, not of the list: it must not matter where a host stands.
    std::sort(fillers.begin(), fillers.end(), [this](const Filler& a, const Filler& b) {
      return set_.host(a.member).text() < set_.host(b.member).text();
    });
    for (size_t filled = 0; filled < kMaglevSlots;) {
      for (Filler& filler : fillers) {
        filler.due += filler.share;
        if (filler.due < 1 || filled == kMaglevSlots) continue;
        filler.due -= 1;
        while (table_[filler.at] != kEmpty) filler.at = (filler.at + filler.skip) % kMaglevSlots;
        table_[filler.at] = filler.member;
        ++filled;
      }
    }
  }

  const HostSet& set_;
  std::vector<uint32_t> table_;
};

}  // namespace

std::unique_ptr<const LoadBalancer> makeMaglev(const HostSet& set) { return std::make_unique<Maglev>(set); }

}  // namespace headgate::upstream::lb
