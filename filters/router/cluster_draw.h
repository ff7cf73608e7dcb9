#pragma once
// Which of the clusters of a route takes the next request.

#include <cstdint>
#include <span>
#include <vector>

#include "source/routing/route.h"

namespace headgate::filters::router {

/// Draws without putting back: of as many requests in a row as the weights add up to (in their lowest terms), each
/// cluster gets exactly its weight, in an order that no traffic of a period of its own can fall in step with. One a
/// worker and route. Worker thread.
class ClusterDraw {
 public:
  /// At least one weight is over 0.
  explicit ClusterDraw(std::span<const routing::RouteCluster> clusters);

  /// A place in `clusters`. `random`: uniformly distributed bits.
  [[nodiscard]] size_t next(uint64_t random);

 private:
  std::vector<uint32_t> weights_;
  std::vector<uint32_t> left_;
  uint64_t total_ = 0;
  uint64_t totalLeft_ = 0;
};

}  // namespace headgate::filters::router
