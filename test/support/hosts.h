#pragma once
// Members of a cluster for tests.

#include <memory>
#include <string>
#include <vector>

#include "source/upstream/host_set.h"

namespace headgate::test {

inline net::Address addressOf(int port) { return *net::Address::parse("127.0.0.1:" + std::to_string(port)); }

/// Hosts on ports 1, 2, ... with these weights.
inline std::shared_ptr<const upstream::Members> membersWithWeights(const std::vector<uint32_t>& weights) {
  auto members = std::make_shared<upstream::Members>();
  for (const uint32_t weight : weights) {
    members->push_back(std::make_shared<upstream::Host>(addressOf(static_cast<int>(members->size()) + 1), weight));
  }
  return members;
}

inline std::shared_ptr<const upstream::Members> membersOf(size_t count) {
  return membersWithWeights(std::vector<uint32_t>(count, 1));
}

}  // namespace headgate::test
