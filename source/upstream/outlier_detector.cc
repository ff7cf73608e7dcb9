#include "source/upstream/outlier_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "source/config/units.h"

namespace headgate::upstream {
namespace {

constexpr uint32_t kMaxDoublings = 20;

stats::Counter counter(stats::Shard& shard, const std::string& cluster, std::string_view name) {
  return shard.counter(fmt::format("cluster.{}.outlier_detection.{}", cluster, name));
}

}  // namespace

OutlierStats::OutlierStats(stats::Shard& shard, const std::string& cluster)
    : active(shard.gauge(fmt::format("cluster.{}.outlier_detection.ejections_active", cluster))),
      total(counter(shard, cluster, "ejections_enforced_total")),
      overflow(counter(shard, cluster, "ejections_overflow")),
      consecutive5xx(counter(shard, cluster, "ejections_enforced_consecutive_5xx")),
      consecutiveLocal(counter(shard, cluster, "ejections_enforced_consecutive_local_origin_failure")),
      successRate(counter(shard, cluster, "ejections_enforced_success_rate")) {}

OutlierDetector::OutlierDetector(event::Loop& loop, ClusterMembership& membership, const OutlierConfig& config,
                                 stats::Shard& stats)
    : loop_(loop),
      membership_(membership),
      config_(config),
      stats_(stats, membership.cluster().name()),
      interval_(loop.timers(), this, event::timerCallback<&OutlierDetector::onInterval>),
      release_(loop.timers(), this, event::timerCallback<&OutlierDetector::onRelease>) {
  interval_.after(config_.interval);
}

void OutlierDetector::follow() {
  std::unordered_set<const Host*> present;
  for (const auto& host : membership_.members()) {
    present.insert(host.get());
    pasts_[host.get()].host = host;
  }
  for (auto past = pasts_.begin(); past != pasts_.end();)
    past = present.contains(past->first) ? std::next(past) : pasts_.erase(past);
  countActive();
}

void OutlierDetector::onOutlier(const Host& host, OutlierKind kind) {
  const auto found = pasts_.find(&host);
  if (found == pasts_.end()) return;
  switch (kind) {
    case OutlierKind::Consecutive5xx:
      if (eject(found->second, fmt::format("{} answers of 5xx in a row", config_.consecutive5xx)))
        stats_.consecutive5xx.inc();
      return;
    case OutlierKind::ConsecutiveLocal:
    case OutlierKind::NoConnection:
      if (!eject(found->second, fmt::format("{} requests in a row without an answer", config_.consecutiveLocal)))
        return;
      stats_.consecutiveLocal.inc();
      if (kind == OutlierKind::NoConnection) {
        found->second.knock = std::make_unique<Knock>(
            loop_, host.address(), [this, &past = found->second] { giveBack(past, "it takes connections again"); });
      }
      return;
  }
}

bool OutlierDetector::mayEject(const Host& host) const {
  size_t ejected = 0;
  size_t othersIn = 0;
  for (const auto& member : membership_.members()) {
    if (member->has(kEjected)) ++ejected;
    if (member.get() != &host && member->flags() == 0) ++othersIn;
  }
  if (config_.keepOne && othersIn == 0) return false;
  const size_t allowed = std::max<size_t>(membership_.members().size() * config_.maxEjectionPercent / 100,
                                          config_.maxEjectionPercent > 0 ? 1 : 0);
  return ejected < allowed;
}

bool OutlierDetector::eject(Past& past, const std::string& why) {
  if (past.host->has(kEjected)) return false;
  if (!mayEject(*past.host)) {
    stats_.overflow.inc();
    return false;
  }
  const int64_t wanted = config_.baseEjection.count() << std::min(past.times, kMaxDoublings);
  const bool tooLong =
      past.times >= kMaxDoublings || wanted / (int64_t{1} << past.times) != config_.baseEjection.count();
  const base::Duration duration = tooLong ? config_.maxEjection : std::min(config_.maxEjection, base::Duration(wanted));
  past.knock.reset();  // of an earlier ejection, which a health check has ended
  ++past.times;
  past.until = loop_.now() + duration.count();
  past.host->serverErrors().end();
  past.host->localFailures().end();
  membership_.mark(*past.host, kEjected, true, "ejected",
                   fmt::format("{}; out for {}", why, config::formatDuration(duration)));
  stats_.total.inc();
  countActive();
  armRelease();
  return true;
}

void OutlierDetector::giveBack(Past& past, std::string_view why) {
  past.until = 0;
  // After `why` was used: the knock may be who calls.
  const std::unique_ptr<Knock> knock = std::move(past.knock);
  if (past.host->has(kEjected)) membership_.mark(*past.host, kEjected, false, "returned", why);
  countActive();
}

void OutlierDetector::onRelease() {
  for (auto& [host, past] : pasts_) {
    if (past.until != 0 && past.until <= loop_.now()) giveBack(past, "the time of its ejection is over");
  }
  countActive();
  armRelease();
}

void OutlierDetector::armRelease() {
  base::MonotonicTime next = 0;
  for (const auto& [host, past] : pasts_) {
    if (past.until != 0 && (next == 0 || past.until < next)) next = past.until;
  }
  release_.at(next);
}

void OutlierDetector::onInterval() {
  interval_.after(config_.interval);
  for (auto& [host, past] : pasts_) {
    if (past.times > 0 && !past.host->has(kEjected)) --past.times;
  }
  compareSuccessRates();
  countActive();
}

void OutlierDetector::compareSuccessRates() {
  struct Judged {
    Past& past;
    double rate;
  };
  std::vector<Judged> judged;
  for (auto& [host, past] : pasts_) {
    const HostTotals totals = past.host->stats().totals();
    const uint64_t outcomes = totals.rqSuccess + totals.rqError;
    const uint64_t requests = outcomes - std::exchange(past.total, outcomes);
    const uint64_t successes = totals.rqSuccess - std::exchange(past.success, totals.rqSuccess);
    past.host->record().successRate = -1;
    if (requests < config_.successRateMinRequests || past.host->has(kEjected)) continue;
    const double rate = 100.0 * static_cast<double>(successes) / static_cast<double>(requests);
    past.host->record().successRate = rate;
    judged.push_back({past, rate});
  }
  if (config_.successRateStdevs == 0 || judged.size() < config_.successRateMinHosts) return;
  const auto count = static_cast<double>(judged.size());
  double mean = 0;
  for (const Judged& each : judged) mean += each.rate / count;
  double variance = 0;
  for (const Judged& each : judged) variance += (each.rate - mean) * (each.rate - mean) / count;
  const double least = mean - config_.successRateStdevs * std::sqrt(variance);
  for (const Judged& each : judged) {
    if (each.rate >= least) continue;
    if (eject(each.past, fmt::format("success rate {:.1f} %, below {:.1f} %", each.rate, least)))
      stats_.successRate.inc();
  }
}

void OutlierDetector::countActive() {
  int64_t ejected = 0;
  for (const auto& [host, past] : pasts_) ejected += past.host->has(kEjected) ? 1 : 0;
  stats_.active.set(ejected);
}

}  // namespace headgate::upstream
