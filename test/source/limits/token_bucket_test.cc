#include "source/limits/token_bucket.h"

#include <gtest/gtest.h>

#include "test/source/limits/fake_clock.h"

namespace headgate::limits {
namespace {

using Verdict = TokenBucket::Verdict;

constexpr base::MonotonicTime kStart = 5 * kSecond;

Terms terms(double capacity, double rate, Mode mode = Mode::Enforce) { return {{capacity, rate}, mode, true}; }
bool takes(TokenBucket& bucket, base::MonotonicTime at, Units cost = kToken) {
  return bucket.take(cost, at).verdict == Verdict::Taken;
}
int takeAll(TokenBucket& bucket, base::MonotonicTime at) {
  int taken = 0;
  while (takes(bucket, at)) ++taken;
  return taken;
}

TEST(TokenBucket, BeginsFull) {
  TokenBucket bucket(terms(10, 1), kStart);
  EXPECT_EQ(takeAll(bucket, kStart), 10);
}

TEST(TokenBucket, HasATokenBackAtTheVeryNanosecond) {
  TokenBucket bucket(terms(10, 3), kStart);
  takeAll(bucket, kStart);
  // A third of a second is 333333333.3 ns.
  EXPECT_FALSE(takes(bucket, kStart + 333'333'333));
  EXPECT_TRUE(takes(bucket, kStart + 333'333'334));
  EXPECT_FALSE(takes(bucket, kStart + kSecond - kSecond / 3 - 1));
  EXPECT_TRUE(takes(bucket, kStart + kSecond - kSecond / 3));
  EXPECT_TRUE(takes(bucket, kStart + kSecond));
  EXPECT_FALSE(takes(bucket, kStart + kSecond));
}

TEST(TokenBucket, RefillsNoFurtherThanItsCapacity) {
  TokenBucket bucket(terms(10, 1e9), kStart);
  takeAll(bucket, kStart);
  EXPECT_EQ(takeAll(bucket, kStart + 1'000'000 * kSecond), 10);
}

TEST(TokenBucket, NeverRefillsAtRateZero) {
  TokenBucket bucket(terms(2, 0), kStart);
  EXPECT_EQ(takeAll(bucket, kStart), 2);
  EXPECT_EQ(takeAll(bucket, kStart + 1'000'000 * kSecond), 0);
}

TEST(TokenBucket, ARefusalTakesNothing) {
  TokenBucket bucket(terms(10, 1), kStart);
  EXPECT_FALSE(takes(bucket, kStart, 11 * kToken));
  EXPECT_TRUE(takes(bucket, kStart, 9 * kToken));
  EXPECT_FALSE(takes(bucket, kStart, 2 * kToken));
  EXPECT_TRUE(takes(bucket, kStart, kToken));
}

TEST(TokenBucket, AClockThatStepsBackGrantsAndCostsNothing) {
  TokenBucket bucket(terms(10, 1000), kStart);
  EXPECT_TRUE(takes(bucket, kStart + kSecond));
  EXPECT_EQ(takeAll(bucket, kStart), 9);
  EXPECT_EQ(takeAll(bucket, kStart + kSecond), 0);
  EXPECT_EQ(takeAll(bucket, kStart + kSecond + kSecond / 1000), 1);
}

TEST(TokenBucket, SaysHowLongToWaitForACost) {
  const Terms limit = terms(10, 1);
  TokenBucket bucket(limit, kStart);
  takeAll(bucket, kStart);
  const TokenBucket::State state = bucket.look(kStart + kSecond / 4);
  EXPECT_EQ(limit.waitFor(kToken, state.level, state.at).count(), kSecond * 3 / 4);
  EXPECT_EQ(limit.waitFor(10 * kToken, state.level, state.at).count(), 10 * kSecond - kSecond / 4);
  EXPECT_EQ(limit.waitFor(11 * kToken, state.level, state.at), Terms::kNever);
  EXPECT_EQ(terms(10, 0).waitFor(kToken, 0, kStart), Terms::kNever);
  EXPECT_EQ(limit.waitFor(0, 0, kStart).count(), 0);
}

TEST(TokenBucket, KeepsWhatIsEarnedWhenTheRateChanges) {
  TokenBucket bucket(terms(10, 1), kStart);
  takeAll(bucket, kStart);
  bucket.change(terms(10, 1000), kStart + 2 * kSecond);
  EXPECT_EQ(takeAll(bucket, kStart + 2 * kSecond), 2);
  EXPECT_EQ(takeAll(bucket, kStart + 2 * kSecond + kSecond / 1000), 1);
}

TEST(TokenBucket, ClampsToALowerCapacityAndGrantsNothingByAHigherOne) {
  TokenBucket bucket(terms(10, 1), kStart);
  bucket.change(terms(1000, 1), kStart);
  EXPECT_EQ(tokensOf(bucket.look(kStart).level), 10);
  bucket.change(terms(3, 1), kStart);
  bucket.change(terms(1000, 1), kStart);
  EXPECT_EQ(takeAll(bucket, kStart), 3);
}

TEST(TokenBucket, HasNotEarnedBeyondItsOldCapacityWhenThatIsRaised) {
  TokenBucket bucket(terms(10, 1), kStart);
  bucket.change(terms(1000, 1), kStart + 500 * kSecond);
  EXPECT_EQ(takeAll(bucket, kStart + 500 * kSecond), 10);
}

TEST(TokenBucket, ChangesAsOftenAsOneLikesWithoutGainOrLoss) {
  TokenBucket bucket(terms(1e9, 0.1), kStart);
  EXPECT_TRUE(takes(bucket, kStart, unitsOf(7e8)));
  const Units before = bucket.look(kStart).level;
  for (int i = 0; i < 1000; ++i) bucket.change(terms(1e9, i % 2 == 0 ? 1e9 : 3.7), kStart);
  EXPECT_EQ(bucket.look(kStart).level, before);
}

TEST(TokenBucket, IsNotAskedWhenTheClientIsExemptOrBlocked) {
  for (const Mode mode : {Mode::Off, Mode::Block}) {
    TokenBucket bucket(terms(1, 0, mode), kStart);
    EXPECT_EQ(bucket.take(kToken, kStart).verdict, Verdict::Exempt);
    EXPECT_EQ(bucket.look(kStart).level, kToken);
  }
}

TEST(TokenBucket, IsSealedOnlyWhenFull) {
  TokenBucket bucket(terms(10, 1), kStart);
  EXPECT_TRUE(takes(bucket, kStart));
  EXPECT_FALSE(bucket.sealIfFull(kStart + kSecond - 1));
  EXPECT_TRUE(bucket.sealIfFull(kStart + kSecond));
  EXPECT_EQ(bucket.take(kToken, kStart + kSecond).verdict, Verdict::Sealed);
}

TEST(Terms, GiveBackTheSpecTheyWereMadeOf) {
  for (const double rate : {0.0, 1e-9, 0.1, 1.0 / 3, 1.0, 2.5, 50.0, 123456.789, 1e9}) {
    const LimitSpec spec{rate == 1e-9 ? 1 : 100.25, rate};
    EXPECT_EQ(Terms(spec, Mode::Shadow, false).spec(), spec) << rate;
  }
  EXPECT_EQ(terms(1, 1, Mode::Block).mode(), Mode::Block);
  EXPECT_TRUE(terms(1, 1).hasRecord());
}

TEST(Terms, HoldTheirExtremes) {
  const Terms largest = terms(1e9, 1e9);
  constexpr base::MonotonicTime kThirtyYears = 30LL * 365 * 86400 * kSecond;
  EXPECT_EQ(tokensOf(largest.levelAt(0, kThirtyYears, kThirtyYears + 1)), 1);
  EXPECT_EQ(tokensOf(largest.levelAt(0, kThirtyYears, kThirtyYears + kSecond)), 1e9);
  EXPECT_EQ(largest.waitFor(largest.capacity(), 0, kThirtyYears).count(), kSecond);
  const Terms slowest = terms(1, 1e-9);
  const base::MonotonicTime wait = slowest.waitFor(kToken, 0, kSecond).count();
  // One unit is 2^-34 of the 10^18 ns that a token takes.
  EXPECT_LE(wait, 1'000'000'000 * kSecond);
  EXPECT_GT(wait, 1'000'000'000 * kSecond - 60'000'000);
}

}  // namespace
}  // namespace headgate::limits
