#include "source/upstream/health_checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <unordered_set>

#include "source/config/units.h"

namespace headgate::upstream {
namespace {

// The first checks of many hosts begin over this time, not all in one turn.
constexpr base::Duration kFirstSpread = std::chrono::milliseconds(200);
constexpr size_t kFewHosts = 50;  // that may all begin at once

}  // namespace

HealthCheckStats::HealthCheckStats(stats::Shard& shard, const std::string& cluster)
    : attempt(shard.counter(fmt::format("cluster.{}.health_check.attempt", cluster))),
      success(shard.counter(fmt::format("cluster.{}.health_check.success", cluster))),
      failure(shard.counter(fmt::format("cluster.{}.health_check.failure", cluster))),
      networkFailure(shard.counter(fmt::format("cluster.{}.health_check.network_failure", cluster))),
      healthy(shard.gauge(fmt::format("cluster.{}.health_check.healthy", cluster))) {}

/// The checks of one host. Waits, asks, waits; a check that outlasts `timeout` has failed.
///
///     Waiting --timer--> Asking --result, timer--> Waiting
class HostCheck final : private ProbeOwner {
 public:
  HostCheck(HealthChecker& checker, std::shared_ptr<Host> host, base::Duration firstDelay)
      : checker_(checker),
        host_(std::move(host)),
        probe_(makeProbe(checker.loop_, host_->address(), checker.config_, *this)),
        timer_(checker.loop_.timers(), this, event::timerCallback<&HostCheck::onTimer>) {
    timer_.after(std::max<base::Duration>(firstDelay, base::Duration(1)));
  }
  ~HostCheck() {
    if (countedHealthy_) checker_.stats_.healthy.dec();
  }

  [[nodiscard]] bool answered() const { return answered_; }

 private:
  enum class State : uint8_t { Waiting, Asking };

  void onTimer() {
    if (state_ == State::Asking) {
      probe_->cancel();
      return onProbeDone(fmt::format("timeout after {}", config::formatDuration(checker_.config_.timeout)));
    }
    state_ = State::Asking;
    begun_ = checker_.loop_.now();
    timer_.after(checker_.config_.timeout);
    checker_.stats_.attempt.inc();
    probe_->start();
  }

  void onProbeDone(std::optional<std::string> failure) override {
    state_ = State::Waiting;
    failure ? failed(*failure) : succeeded();
    // From start to start: a slow answer does not stretch the interval.
    const bool well = !failure && !host_->has(kFailedCheck);
    const base::Duration wait =
        checker_.jittered(well ? checker_.config_.interval : checker_.config_.unhealthyInterval);
    timer_.at(std::max(begun_ + wait.count(), checker_.loop_.now() + 1));
    if (!std::exchange(answered_, true)) checker_.answered();
  }

  void succeeded() {
    checker_.stats_.success.inc();
    failures_ = 0;
    host_->record().lastCheck.clear();
    if (host_->has(kUnchecked)) {
      up("first check succeeded");
    } else if (host_->has(kFailedCheck) && (++successes_ >= checker_.config_.healthyThreshold || !everUp_)) {
      up(successes_ > 1 ? fmt::format("{} checks in a row succeeded", successes_) : "check succeeded");
    }
    // Whoever answers its checks need not sit out an ejection.
    if (host_->has(kEjected)) checker_.membership_.mark(*host_, kEjected, false, "returned", "check succeeded");
  }

  void up(std::string_view why) {
    everUp_ = true;
    host_->setFlag(kUnchecked, false);
    checker_.membership_.mark(*host_, kFailedCheck, false, "up", why);
    if (!std::exchange(countedHealthy_, true)) checker_.stats_.healthy.inc();
  }

  void failed(const std::string& why) {
    checker_.stats_.failure.inc();
    if (why.size() != 3) checker_.stats_.networkFailure.inc();  // else a status
    successes_ = 0;
    ++failures_;
    host_->record().lastCheck = why;
    const bool down =
        host_->has(kUnchecked) || (!host_->has(kFailedCheck) && failures_ >= checker_.config_.unhealthyThreshold);
    if (!down) return;
    host_->setFlag(kUnchecked, false);
    checker_.membership_.mark(*host_, kFailedCheck, true, "down",
                              failures_ > 1 ? fmt::format("{} ({} checks in a row failed)", why, failures_) : why);
    if (std::exchange(countedHealthy_, false)) checker_.stats_.healthy.dec();
  }

  HealthChecker& checker_;
  const std::shared_ptr<Host> host_;
  const std::unique_ptr<Probe> probe_;
  event::Timer timer_;
  base::MonotonicTime begun_ = 0;
  uint32_t failures_ = 0;   ///< in a row
  uint32_t successes_ = 0;  ///< in a row since it is down
  State state_ = State::Waiting;
  bool answered_ = false;
  bool everUp_ = false;
  bool countedHealthy_ = false;
};

HealthChecker::HealthChecker(event::Loop& loop, ClusterMembership& membership, const HealthCheckConfig& config,
                             stats::Shard& stats, std::function<void()> firstRoundOver)
    : loop_(loop),
      membership_(membership),
      config_(config),
      stats_(stats, membership.cluster().name()),
      firstRoundOver_(std::move(firstRoundOver)),
      random_(std::random_device()()) {}

HealthChecker::~HealthChecker() = default;

void HealthChecker::follow() {
  std::unordered_set<const Host*> present;
  const Members& members = membership_.members();
  const base::Duration step =
      members.size() <= kFewHosts ? base::Duration(0) : kFirstSpread / static_cast<int64_t>(members.size());
  base::Duration delay{0};
  for (const auto& host : members) {
    present.insert(host.get());
    if (checks_.contains(host.get())) continue;
    checks_.emplace(host.get(), std::make_unique<HostCheck>(*this, host, delay));
    ++unanswered_;
    delay += step;
  }
  for (auto check = checks_.begin(); check != checks_.end();) {
    if (present.contains(check->first)) {
      ++check;
      continue;
    }
    const bool answer = !check->second->answered();
    check = checks_.erase(check);
    if (answer) answered();
  }
}

void HealthChecker::answered() {
  if (--unanswered_ == 0) firstRoundOver_();
}

base::Duration HealthChecker::jittered(base::Duration interval) {
  random_ = random_ * 6364136223846793005 + 1442695040888963407;
  const uint64_t most = static_cast<uint64_t>(interval.count()) / 100 * config_.jitterPercent;
  return most == 0 ? interval : interval - base::Duration((random_ >> 11) % most);
}

}  // namespace headgate::upstream
