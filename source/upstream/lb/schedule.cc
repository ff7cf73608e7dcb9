#include "source/upstream/lb/schedule.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace headgate::upstream::lb {

std::vector<uint32_t> smoothSchedule(const HostSet& set) {
  std::vector<uint64_t> weights;
  uint64_t divisor = 0;
  for (const HostSet::Candidate& candidate : set.candidates) {
    weights.push_back(candidate.weight);
    divisor = std::gcd(divisor, weights.back());
  }
  if (weights.empty()) return {};
  uint64_t total = 0;
  for (uint64_t& weight : weights) total += weight /= divisor;
  if (total > kMaxPeriod) {
    uint64_t scaled = 0;
    for (uint64_t& weight : weights) scaled += weight = std::max<uint64_t>(1, weight * kMaxPeriod / total);
    total = scaled;
  }
  // Earliest deadline first: the k-th place of a host of weight w falls due at (k + 1/2) / w of the period. Compared by
  // cross-multiplication, so that equal weights keep their order exactly.
  struct Due {
    uint64_t place;
    uint64_t weight;
    uint32_t host;
    bool operator<(const Due& other) const {  // the priority queue's top is the largest: invert
      const uint64_t mine = (2 * place + 1) * other.weight;
      const uint64_t theirs = (2 * other.place + 1) * weight;
      return mine != theirs ? mine > theirs : host > other.host;
    }
  };
  std::priority_queue<Due> queue;
  for (uint32_t i = 0; i < weights.size(); ++i) queue.push({0, weights[i], i});
  std::vector<uint32_t> schedule;
  schedule.reserve(total);
  while (schedule.size() < total) {
    Due due = queue.top();
    queue.pop();
    schedule.push_back(set.candidates[due.host].index);
    if (++due.place < due.weight) queue.push(due);
  }
  return schedule;
}

}  // namespace headgate::upstream::lb
