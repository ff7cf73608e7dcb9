#pragma once
// Main's side of a cluster: who its members are, and what the workers are told of it.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/loop.h"
#include "source/log/severity.h"
#include "source/upstream/cluster.h"

namespace headgate::upstream {

/// Who the members of one cluster are and what is known of them. Whoever learns something (discovery, health checks,
/// outlier detection, an operator) changes the Host and calls `changed`; the workers get one new ClusterView a loop
/// turn, however much has changed. Main thread.
class ClusterMembership final : private event::TurnTask {
 public:
  /// Takes a line for the event log.
  using Report = std::function<void(log::Severity severity, std::string line)>;
  /// Gives a view to all workers.
  using Publish = std::function<void(uint32_t clusterId, std::shared_ptr<const ClusterView> view)>;

  ClusterMembership(event::Loop& loop, std::shared_ptr<Cluster> cluster, Publish publish, Report report);
  ~ClusterMembership() { loop_.cancelTurnTask(*this); }

  [[nodiscard]] Cluster& cluster() { return *cluster_; }
  [[nodiscard]] const Cluster& cluster() const { return *cluster_; }
  [[nodiscard]] const std::shared_ptr<Cluster>& shared() const { return cluster_; }
  [[nodiscard]] const Members& members() const { return *members_; }
  /// What the workers have, or get at the end of this turn.
  [[nodiscard]] const std::shared_ptr<const ClusterView>& view();

  /// Replaces the members. Hosts whose address stays are kept with all that is known of them; the workers' connections
  /// to those that left finish what they carry. `added` hears of each host that is new, before the workers do.
  void setEndpoints(const std::vector<EndpointConfig>& endpoints, const std::function<void(Host&)>& added = {});

  /// A weight of a member changed: the workers hear of it.
  void changed();
  /// The same, with a line in its record and in the event log.
  void note(Host& host, std::string_view what, std::string_view why);
  /// Sets or clears a flag of a member: `what` ("down"; static text) and `why` go into its record and the event log,
  /// and the workers hear of it.
  void mark(Host& host, HostFlag flag, bool on, std::string_view what, std::string_view why);

 private:
  void runAtTurnEnd() override;
  void onWarming() { changed(); }

  event::Loop& loop_;
  const std::shared_ptr<Cluster> cluster_;
  const Publish publish_;
  const Report report_;
  std::shared_ptr<const Members> members_;
  std::shared_ptr<const ClusterView> view_;  ///< null: out of date
  event::Timer warming_;                     ///< the next step of those in slow start
};

}  // namespace headgate::upstream
