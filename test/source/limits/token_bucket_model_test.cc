// The bucket against a model in exact arithmetic, over random takes, edits and clocks.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "source/limits/token_bucket.h"
#include "test/source/limits/fake_clock.h"

namespace headgate::limits {
namespace {

__extension__ using Wide = __int128;

/// Rates are whole numbers of 1/1024 token a second, so a level is a whole number of 1/(1024 * 1e9) token at every
/// nanosecond.
constexpr Wide kGrain = Wide{1024} * 1'000'000'000;

class Model {
 public:
  Model(uint64_t capacity, uint64_t rate1024, base::MonotonicTime now)
      : capacity_(capacity * kGrain), rate_(rate1024), level_(capacity_), at_(now) {}

  void advance(base::MonotonicTime now) {
    if (now <= at_) return;
    level_ = std::min(capacity_, level_ + rate_ * (now - at_));
    at_ = now;
  }
  void change(uint64_t capacity, uint64_t rate1024) {
    capacity_ = capacity * kGrain;
    rate_ = rate1024;
    level_ = std::min(level_, capacity_);
  }
  void take(Wide grains) { level_ -= grains; }
  [[nodiscard]] Wide level() const { return level_; }

 private:
  Wide capacity_;
  Wide rate_;
  Wide level_;
  base::MonotonicTime at_;
};

/// In grains, rounded down.
Wide grainsOf(Units units) { return static_cast<Wide>(units) * kGrain >> kUnitBits; }

class Walk {
 public:
  explicit Walk(uint64_t seed) : random_(seed) {}

  void run(int steps) {
    uint64_t capacity = anyCapacity();
    uint64_t rate = anyRate(capacity);
    TokenBucket bucket(terms(capacity, rate), now_);
    Model model(capacity, rate, now_);
    for (int step = 0; step < steps; ++step) {
      // Sometimes the clock is one that lags.
      const base::MonotonicTime asked = now_ - (chance(4) ? static_cast<base::MonotonicTime>(upTo(2'000'000)) : 0);
      if (chance(5)) {
        capacity = anyCapacity();
        rate = anyRate(capacity);
        bucket.change(terms(capacity, rate), asked);
        model.advance(asked);
        model.change(capacity, rate);
        slack_ += kUnit;
      } else {
        take(bucket, model, anyCost(capacity), asked);
      }
      Model seen = model;
      seen.advance(asked);
      const Wide difference = grainsOf(bucket.look(asked).level) - seen.level();
      ASSERT_LE(difference < 0 ? -difference : difference, slack_) << "at step " << step;
      if (chance(2)) now_ += anyPause();
    }
  }

 private:
  static constexpr Wide kUnit = (kGrain >> kUnitBits) + 1;

  static Terms terms(uint64_t capacity, uint64_t rate1024) {
    return {{static_cast<double>(capacity), static_cast<double>(rate1024) / 1024}, Mode::Enforce, true};
  }
  uint64_t upTo(uint64_t most) { return std::uniform_int_distribution<uint64_t>(0, most)(random_); }
  bool chance(uint64_t in) { return upTo(in - 1) == 0; }
  /// Of any order of magnitude.
  uint64_t magnitude(uint64_t most) { return std::max<uint64_t>(1, upTo(most) >> upTo(40)); }
  uint64_t anyCapacity() { return std::min<uint64_t>(magnitude(1'000'000'000), 1'000'000'000); }
  uint64_t anyRate(uint64_t capacity) {
    if (chance(8)) return 0;
    const uint64_t slowest = capacity * 1024 / 1'000'000'000 + 1;
    return std::max(slowest, magnitude(1'000'000'000ULL * 1024));
  }
  uint64_t anyCost(uint64_t capacity) { return chance(3) ? 1 : std::min(capacity + 1, magnitude(capacity + 1)); }
  base::MonotonicTime anyPause() { return static_cast<base::MonotonicTime>(magnitude(3600ULL * kSecond)); }

  void take(TokenBucket& bucket, Model& model, uint64_t cost, base::MonotonicTime asked) {
    const bool taken = bucket.take(cost * kToken, asked).verdict == TokenBucket::Verdict::Taken;
    const Wide wanted = cost * kGrain;
    Model then = model;
    then.advance(asked);
    if (!taken) {
      // Nothing was taken, and no time either: a later request may come by a clock that lags behind this one.
      ASSERT_LT(then.level() - slack_, wanted) << "refused what was there";
      return;
    }
    ASSERT_GE(then.level() + slack_, wanted) << "granted what was not there";
    then.take(wanted);
    model = then;
  }

  std::mt19937_64 random_;
  base::MonotonicTime now_ = 100 * kSecond;
  /// One unit for the refill in progress and one for each edit, where the fraction of a unit that was earned is
  /// dropped.
  Wide slack_ = 2 * kUnit;
};

TEST(TokenBucketModel, HoldsOverRandomTakesEditsAndClocks) {
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    Walk(seed).run(500);
    if (HasFatalFailure()) return;
  }
}

TEST(TokenBucketModel, AskingInBetweenChangesNothing) {
  std::mt19937_64 random(1);
  for (const double rate : {0.001, 1.0 / 3, 7.77, 1e6 / 7, 7e8}) {
    const Terms limit({1e9, rate}, Mode::Enforce, true);
    TokenBucket asked(limit, 0);
    TokenBucket left(limit, 0);
    asked.drain(limit.capacity(), 0);
    left.drain(limit.capacity(), 0);
    base::MonotonicTime now = 0;
    Units taken = 0;
    for (int i = 0; i < 100'000; ++i) {
      now += static_cast<base::MonotonicTime>(random() % 1000);
      if (asked.take(1, now).verdict == TokenBucket::Verdict::Taken) ++taken;
    }
    EXPECT_EQ(asked.look(now).level + taken, left.look(now).level) << rate;
  }
}

TEST(TokenBucketModel, WaitsAreTheShortestThatSuffice) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const double capacity = static_cast<double>(1 + random() % 1'000'000);
    const double rate = static_cast<double>(1 + random() % 1'000'000'000) / 1000;
    const Terms limit({capacity, rate}, Mode::Enforce, true);
    const base::MonotonicTime at = static_cast<base::MonotonicTime>(random() % (1'000'000 * kSecond));
    const Units level = random() % limit.capacity();
    const Units wanted = level + 1 + random() % (limit.capacity() - level);
    const base::MonotonicTime wait = limit.waitFor(wanted, level, at).count();
    ASSERT_GE(limit.levelAt(level, at, at + wait), wanted);
    ASSERT_LT(limit.levelAt(level, at, at + wait - 1), wanted);
  }
}

}  // namespace
}  // namespace headgate::limits
