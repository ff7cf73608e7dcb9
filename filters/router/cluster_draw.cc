#include "filters/router/cluster_draw.h"

#include <numeric>

namespace headgate::filters::router {

ClusterDraw::ClusterDraw(std::span<const routing::RouteCluster> clusters) {
  uint32_t divisor = 0;
  for (const routing::RouteCluster& cluster : clusters) divisor = std::gcd(divisor, cluster.weight);
  for (const routing::RouteCluster& cluster : clusters) weights_.push_back(cluster.weight / divisor);
  total_ = std::accumulate(weights_.begin(), weights_.end(), uint64_t{0});
  left_.resize(weights_.size());
}

size_t ClusterDraw::next(uint64_t random) {
  if (totalLeft_ == 0) {
    left_ = weights_;
    totalLeft_ = total_;
  }
  uint64_t drawn = random % totalLeft_--;
  size_t place = 0;
  while (drawn >= left_[place]) drawn -= left_[place++];
  --left_[place];
  return place;
}

}  // namespace headgate::filters::router
