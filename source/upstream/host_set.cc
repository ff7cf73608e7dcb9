#include "source/upstream/host_set.h"

#include <algorithm>

namespace headgate::upstream {

uint32_t SlowStart::percent(base::MonotonicTime since) const {
  if (since == 0 || window.count() == 0) return 100;
  const int64_t passed = std::clamp<int64_t>(now - since, 0, window.count());
  return static_cast<uint32_t>(std::max(
      kFirstPercent, static_cast<int64_t>(100.0 * static_cast<double>(passed) / static_cast<double>(window.count()))));
}

HostSet makeHostSet(std::shared_ptr<const Members> members, uint32_t panicThresholdPercent,
                    const SlowStart& slowStart) {
  HostSet set;
  size_t offered = 0;
  size_t well = 0;
  for (const auto& host : *members) {
    const uint8_t flags = host->flags();
    if ((flags & kDrained) == 0) ++offered;
    if (flags == 0) ++well;
  }
  set.panic = well * 100 < offered * panicThresholdPercent;
  for (uint32_t i = 0; i < members->size(); ++i) {
    const Host& host = *(*members)[i];
    const uint8_t against = set.panic ? host.flags() & kDrained : host.flags();
    if (against != 0) continue;
    const uint32_t percent = slowStart.percent(host.record().takesRequestsSince);
    set.warming = set.warming || percent < 100;
    set.candidates.push_back({i, std::max<uint32_t>(host.weight(), 1) * percent});
  }
  // Without slow start weights stay what people gave.
  if (!set.warming) {
    for (HostSet::Candidate& candidate : set.candidates) candidate.weight /= 100;
  }
  set.members = std::move(members);
  return set;
}

}  // namespace headgate::upstream
