#pragma once
// What all balancers ask of a pick's context.

#include <algorithm>

#include "source/upstream/load_balancer.h"

namespace headgate::upstream::lb {

/// Whether the request failed on the member already.
inline bool wasTried(const HostSet& set, const PickContext& context, size_t index) {
  const Host* host = &set.host(index);
  return std::find(context.tried.begin(), context.tried.end(), host) != context.tried.end();
}

}  // namespace headgate::upstream::lb
