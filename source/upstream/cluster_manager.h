#pragma once
// All clusters of the process, by name.

#include <memory>
#include <string_view>
#include <vector>

#include "source/upstream/cluster_membership.h"

namespace headgate::upstream {

/// Owns the truth of the clusters. Main thread; what the workers need is in the Clusters, which are shared, and in the
/// ClusterViews that it publishes.
class ClusterManager {
 public:
  explicit ClusterManager(event::Loop& loop) : loop_(loop) {}

  /// Called with every new view from now on; set once the workers run.
  void onPublish(ClusterMembership::Publish publish) { publish_ = std::move(publish); }

  /// The cluster of that name if its configuration is the same, with its members and their facts; else a new one, which
  /// takes the name over. The old one lives on as long as streams use it, with the members that it had.
  std::shared_ptr<Cluster> keepOrAdd(const ClusterConfig& config);
  /// Null if there is none.
  [[nodiscard]] ClusterMembership* find(std::string_view name) const;
  /// Each of `clusters` with its current view, for workers that take them up. One that has been replaced has no view.
  [[nodiscard]] std::vector<ClusterEntry> entries(const std::vector<std::shared_ptr<Cluster>>& clusters) const;

  /// What an operator may do to a host, named as `GET /clusters` shows it ("127.0.0.1:8081"). The error says which of
  /// the two names is unknown.
  [[nodiscard]] base::Status setWeight(std::string_view cluster, std::string_view host, uint32_t weight);
  /// Takes it out of the picking: what it has is finished, its unused connections close. Kept apart from health.
  [[nodiscard]] base::Status drain(std::string_view cluster, std::string_view host);
  [[nodiscard]] base::Status undrain(std::string_view cluster, std::string_view host);

 private:
  struct Found {
    ClusterMembership& membership;
    Host& host;
  };
  [[nodiscard]] base::Result<Found> findHost(std::string_view cluster, std::string_view host) const;
  [[nodiscard]] base::Status setDrained(std::string_view cluster, std::string_view host, bool drained);
  std::unique_ptr<ClusterMembership> make(const ClusterConfig& config);

  event::Loop& loop_;
  ClusterMembership::Publish publish_;
  std::vector<std::unique_ptr<ClusterMembership>> clusters_;
  uint32_t nextId_ = 0;
};

}  // namespace headgate::upstream
