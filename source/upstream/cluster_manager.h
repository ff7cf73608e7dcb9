#pragma once
// All clusters of the process, by name.

#include <memory>
#include <string_view>
#include <vector>

#include "source/upstream/cluster.h"

namespace headgate::upstream {

/// Owns the truth of the clusters. Main thread; the clusters themselves are shared with the workers.
class ClusterManager {
 public:
  /// The cluster of that name if its configuration is the same, with its members and their facts; else a new one, which takes the name over. The old one lives
  /// on as long as streams use it.
  std::shared_ptr<Cluster> keepOrAdd(const ClusterConfig& config);
  /// Null if there is none.
  [[nodiscard]] std::shared_ptr<Cluster> find(std::string_view name) const;
  [[nodiscard]] const std::vector<std::shared_ptr<Cluster>>& all() const { return clusters_; }

 private:
  std::vector<std::shared_ptr<Cluster>> clusters_;
  uint32_t nextId_ = 0;
};

}  // namespace headgate::upstream
