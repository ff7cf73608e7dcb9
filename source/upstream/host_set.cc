#include "source/upstream/host_set.h"

#include <algorithm>

namespace headgate::upstream {

HostSet makeHostSet(std::shared_ptr<const Members> members, uint32_t panicThresholdPercent) {
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
    if (against == 0) set.candidates.push_back({i, std::max<uint32_t>(host.weight(), 1)});
  }
  set.members = std::move(members);
  return set;
}

}  // namespace headgate::upstream
