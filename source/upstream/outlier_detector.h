#pragma once
// Takes hosts out for a while whose requests fail, whatever their health checks say.

#include <memory>
#include <unordered_map>

#include "source/stats/shard.h"
#include "source/upstream/cluster_membership.h"
#include "source/upstream/knock.h"

namespace headgate::upstream {

/// "cluster.NAME.outlier_detection.": main's shard alone counts.
struct OutlierStats {
  OutlierStats(stats::Shard& shard, const std::string& cluster);
  stats::Gauge active;
  stats::Counter total;
  stats::Counter overflow;  ///< not ejected: too many are, or it is the last
  stats::Counter consecutive5xx;
  stats::Counter consecutiveLocal;
  stats::Counter successRate;
};

/// Workers see failures in a row and tell; success rates are compared here once an interval. An ejection lasts
/// `base_ejection`, doubled for each one in a row before it, and ends earlier when an active health check succeeds,
/// or, where nobody accepted connections, as soon as somebody does. Main thread.
class OutlierDetector {
 public:
  OutlierDetector(event::Loop& loop, ClusterMembership& membership, const OutlierConfig& config, stats::Shard& stats);

  /// A worker saw as many failures in a row as are allowed. A host that has left is ignored.
  void onOutlier(const Host& host, OutlierKind kind);
  /// The members have changed: forgets those that left.
  void follow();

 private:
  struct Past {
    std::shared_ptr<Host> host;
    uint32_t times = 0;             ///< ejections in a row; one less with each interval that it is in
    base::MonotonicTime until = 0;  ///< of the current ejection; 0 = none
    uint64_t total = 0;             ///< requests with an outcome, at the last interval
    uint64_t success = 0;
    std::unique_ptr<Knock> knock;  ///< while ejected because nobody accepts
  };
  bool eject(Past& past, const std::string& why);
  void giveBack(Past& past, std::string_view why);
  [[nodiscard]] bool mayEject(const Host& host) const;
  void onInterval();
  void onRelease();
  void compareSuccessRates();
  void armRelease();
  void countActive();

  event::Loop& loop_;
  ClusterMembership& membership_;
  const OutlierConfig& config_;
  OutlierStats stats_;
  std::unordered_map<const Host*, Past> pasts_;
  event::Timer interval_;
  event::Timer release_;
};

}  // namespace headgate::upstream
