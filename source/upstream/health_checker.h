#pragma once
// Asks every host of a cluster again and again whether it is well.

#include <functional>
#include <memory>
#include <unordered_map>

#include "source/event/loop.h"
#include "source/stats/shard.h"
#include "source/upstream/cluster_membership.h"
#include "source/upstream/probe.h"

namespace headgate::upstream {

class HostCheck;

/// "cluster.NAME.health_check.": main's shard alone counts.
struct HealthCheckStats {
  HealthCheckStats(stats::Shard& shard, const std::string& cluster);
  stats::Counter attempt;
  stats::Counter success;
  stats::Counter failure;
  stats::Counter networkFailure;  ///< of the failures: no answer at all
  stats::Gauge healthy;
};

/// One for a cluster with `health_check`. A host that is added is down (kUnchecked) until its first check succeeds,
/// which one success is enough for; from then on the thresholds count. Checks go over main alone, so they do not
/// multiply with the workers. Main thread.
class HealthChecker {
 public:
  /// `firstRoundOver`: every host that was there has answered, or failed to, for the first time.
  HealthChecker(event::Loop& loop, ClusterMembership& membership, const HealthCheckConfig& config, stats::Shard& stats,
                std::function<void()> firstRoundOver);
  ~HealthChecker();

  /// A host that is about to join: marks it. Its checks begin with `follow`.
  static void prepare(Host& host) { host.setFlag(kUnchecked, true); }
  /// The members have changed: begins checks of those that are new and ends those of hosts that left.
  void follow();
  [[nodiscard]] bool firstRoundDone() const { return unanswered_ == 0; }

 private:
  friend class HostCheck;
  void answered();
  [[nodiscard]] base::Duration jittered(base::Duration interval);

  event::Loop& loop_;
  ClusterMembership& membership_;
  const HealthCheckConfig& config_;
  HealthCheckStats stats_;
  const std::function<void()> firstRoundOver_;
  std::unordered_map<const Host*, std::unique_ptr<HostCheck>> checks_;
  size_t unanswered_ = 0;  ///< hosts without a first result
  uint64_t random_;
};

}  // namespace headgate::upstream
