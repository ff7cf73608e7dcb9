#include "source/limits/token_bucket.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace headgate::limits {
namespace {

// -Wpedantic wants to be told.
__extension__ using Wide = unsigned __int128;
// The double word is written as one number and read as two.
using AliasedWide = Wide __attribute__((may_alias));
static_assert(std::endian::native == std::endian::little, "the lower half of the double word comes first");

constexpr int kMantissaBits = 53;
constexpr int kExtraBits = 40;  // a mantissa times 2^40 / 1e9 has 62 to 64 bits
constexpr uint64_t kNanosecondsPerSecond = 1'000'000'000;

Wide wide(uint64_t low, uint64_t high) { return static_cast<Wide>(high) << 64 | low; }

/// R(t) in units.
Wide refillUntil(uint64_t rate, uint32_t shift, base::MonotonicTime t) {
  return static_cast<Wide>(rate) * static_cast<uint64_t>(t) >> shift;
}

}  // namespace

Units unitsOf(double tokens) {
  if (!(tokens > 0)) return 0;
  return static_cast<Units>(std::min(tokens, LimitSpec::kMaxCapacity) * static_cast<double>(kToken) + 0.5);
}

double tokensOf(Units units) { return static_cast<double>(units) / static_cast<double>(kToken); }

Terms::Terms(const LimitSpec& spec, Mode mode, bool hasRecord)
    : capacity_(spec.capacity), facts_(static_cast<uint32_t>(mode) << kModeShift | (hasRecord ? kRecord : 0)) {
  if (spec.ratePerSec == 0) return;
  // rate = mantissa * 2^exponent tokens a second, exactly; a token is 2^34 units and a second 1e9 ns.
  int exponent = 0;
  const auto mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(spec.ratePerSec, &exponent), kMantissaBits));
  exponent -= kMantissaBits;
  rate_ = static_cast<uint64_t>(((static_cast<Wide>(mantissa) << kExtraBits) + kNanosecondsPerSecond - 1) /
                                kNanosecondsPerSecond);
  facts_ |= static_cast<uint32_t>(kExtraBits - kUnitBits - exponent);
}

LimitSpec Terms::spec() const {
  if (rate_ == 0) return {capacity_, 0};
  // Undoes the constructor: rounding up added less than one to the quotient, and so less than 1e9 / 2^40 to the
  // mantissa.
  const auto mantissa = static_cast<uint64_t>(static_cast<Wide>(rate_) * kNanosecondsPerSecond >> kExtraBits);
  const int exponent = kExtraBits - kUnitBits - static_cast<int>(facts_ & kShiftMask);
  return {capacity_, std::ldexp(static_cast<double>(mantissa), exponent)};
}

Units Terms::capacity() const { return unitsOf(capacity_); }

Units Terms::levelAt(Units level, base::MonotonicTime from, base::MonotonicTime to) const {
  const Units most = capacity();
  if (level >= most) return most;
  if (to == from) return level;
  const uint32_t shift = facts_ & kShiftMask;
  const Wide earned = refillUntil(rate_, shift, to) - refillUntil(rate_, shift, from);
  return earned >= most - level ? most : level + static_cast<Units>(earned);
}

base::Duration Terms::waitFor(Units wanted, Units level, base::MonotonicTime at) const {
  if (wanted <= level) return base::Duration{0};
  if (!refills() || wanted > capacity()) return kNever;
  // The first t with R(t) >= R(at) + missing. The product is below 2^125: t is below 2^61 (capacity / rate is bounded),
  // a rate below 2^64.
  const uint32_t shift = facts_ & kShiftMask;
  const Wide due = (refillUntil(rate_, shift, at) + (wanted - level)) << shift;
  return base::Duration(static_cast<base::MonotonicTime>((due + rate_ - 1) / rate_) - at);
}

TokenBucket::TokenBucket(const Terms& terms, base::MonotonicTime now)
    : level_(terms.capacity()), stamp_(stampOf(now, 0)) {
  write(0, terms);
}

// Release, so that who reads a half-written pair of terms sees the swap that made it the idle one, and tries again.
void TokenBucket::write(uint64_t number, const Terms& terms) {
  const size_t slot = number & 1;
  rate_[slot].store(terms.rate_, std::memory_order_release);
  capacity_[slot].store(terms.capacity_, std::memory_order_release);
  facts_[slot].store(static_cast<uint16_t>(terms.facts_), std::memory_order_release);
}

// If the stamp is the same after all was read, no edit and no step of time came between, and the level is one that it
// had with this stamp.
TokenBucket::Seen TokenBucket::see() const {
  for (;;) {
    const uint64_t stamp = stamp_.load(std::memory_order_acquire);
    const size_t slot = stamp & 1;
    Seen seen;
    seen.word = {level_.load(std::memory_order_acquire), stamp};
    seen.terms.rate_ = rate_[slot].load(std::memory_order_acquire);
    seen.terms.capacity_ = capacity_[slot].load(std::memory_order_acquire);
    seen.terms.facts_ = facts_[slot].load(std::memory_order_acquire);
    if (stamp_.load(std::memory_order_relaxed) == stamp) return seen;
  }
}

TokenBucket::State TokenBucket::refilled(const Seen& seen, base::MonotonicTime now) {
  const base::MonotonicTime from = timeOf(seen.word.stamp);
  const base::MonotonicTime at = std::max(from, now);
  return {seen.terms, seen.terms.levelAt(seen.word.level, from, at), at};
}

bool TokenBucket::swap(const Word& expected, const Word& wanted) {
  return __sync_bool_compare_and_swap(reinterpret_cast<AliasedWide*>(&level_), wide(expected.level, expected.stamp),
                                      wide(wanted.level, wanted.stamp));
}

TokenBucket::Decision TokenBucket::take(Units cost, base::MonotonicTime now, bool onlyWithRecord) {
  for (;;) {
    const Seen seen = see();
    State state = refilled(seen, now);
    if (seen.word.level == kSealed) return {Verdict::Sealed, state};
    if (onlyWithRecord && !state.terms.hasRecord()) return {Verdict::NoRecord, state};
    if (state.terms.mode() == Mode::Off || state.terms.mode() == Mode::Block) return {Verdict::Exempt, state};
    if (state.level < cost) return {Verdict::TooFew, state};
    state.level -= cost;
    if (swap(seen.word, {state.level, stampOf(state.at, seen.word.stamp & kNumberMask)}))
      return {Verdict::Taken, state};
  }
}

TokenBucket::State TokenBucket::look(base::MonotonicTime now) const { return refilled(see(), now); }

void TokenBucket::change(const Terms& terms, base::MonotonicTime now, const State* left, Units level) {
  for (;;) {
    const Seen seen = see();
    const State state = refilled(seen, now);
    const bool untouched = left != nullptr && state.level == left->terms.levelAt(left->level, left->at, state.at);
    const uint64_t number = (seen.word.stamp + 1) & kNumberMask;
    write(number, terms);
    if (swap(seen.word, {std::min(untouched ? level : state.level, terms.capacity()), stampOf(state.at, number)}))
      return;
  }
}

void TokenBucket::fill(base::MonotonicTime now) {
  for (;;) {
    const Seen seen = see();
    const State state = refilled(seen, now);
    if (swap(seen.word, {state.terms.capacity(), stampOf(state.at, seen.word.stamp & kNumberMask)})) return;
  }
}

void TokenBucket::drain(Units amount, base::MonotonicTime now) {
  for (;;) {
    const Seen seen = see();
    const State state = refilled(seen, now);
    const Units left = state.level - std::min(amount, state.level);
    if (swap(seen.word, {left, stampOf(state.at, seen.word.stamp & kNumberMask)})) return;
  }
}

bool TokenBucket::sealIfFull(base::MonotonicTime now) {
  const Seen seen = see();
  const State state = refilled(seen, now);
  return state.level >= state.terms.capacity() && swap(seen.word, {kSealed, seen.word.stamp});
}

}  // namespace headgate::limits
