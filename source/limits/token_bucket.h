#pragma once
// One client's tokens and its limit, decided upon and changed without a lock.

#include <array>
#include <atomic>
#include <cstdint>

#include "source/base/clock.h"
#include "source/limits/limit_spec.h"

namespace headgate::limits {

/// Tokens as whole numbers: 2^-34 of a token each, so that 1e9 tokens fit 64 bits and nothing is ever rounded but a
/// refill, and that by less than one.
using Units = uint64_t;
inline constexpr int kUnitBits = 34;
inline constexpr Units kToken = Units{1} << kUnitBits;

[[nodiscard]] Units unitsOf(double tokens);  ///< to the nearest unit; negative and NaN: 0; over 1e9 tokens: 1e9 tokens
[[nodiscard]] double tokensOf(Units units);

/// What a bucket is run by: a LimitSpec as arithmetic, and how the client is held to it. A value.
///
/// A refill is a difference of one function of time, R(t) = floor(t * rate), at the two ends of the interval. So the
/// sum of many short refills is the long one, to the unit, however often the bucket is asked. The rate is that of the
/// spec, rounded up by less than 2^-62 of it: a token that is due at a whole nanosecond is there at that nanosecond.
class Terms {
 public:
  /// `spec` must be fine (problemOf). `hasRecord`: a client's own limit, not the default.
  Terms(const LimitSpec& spec, Mode mode, bool hasRecord);

  [[nodiscard]] Units capacity() const;
  [[nodiscard]] LimitSpec spec() const;  ///< what it was made of, exactly
  [[nodiscard]] Mode mode() const { return static_cast<Mode>(facts_ >> kModeShift & 3); }
  [[nodiscard]] bool hasRecord() const { return (facts_ & kRecord) != 0; }
  [[nodiscard]] bool refills() const { return rate_ != 0; }

  /// What a bucket holds at `to` that held `level` at `from` <= `to`.
  [[nodiscard]] Units levelAt(Units level, base::MonotonicTime from, base::MonotonicTime to) const;
  /// The shortest wait after which a bucket that holds `level` at `at` has `wanted`; kNever without refill, or over
  /// capacity.
  [[nodiscard]] base::Duration waitFor(Units wanted, Units level, base::MonotonicTime at) const;
  static constexpr base::Duration kNever = base::Duration::max();

 private:
  friend class TokenBucket;
  static constexpr uint32_t kShiftMask = 0xff;
  static constexpr uint32_t kModeShift = 8;
  static constexpr uint32_t kRecord = 1 << 10;

  Terms() = default;

  uint64_t rate_ = 0;    ///< units a nanosecond, times 2^shift; 62 to 64 bits are significant
  double capacity_ = 1;  ///< tokens
  uint32_t facts_ = 0;   ///< shift, mode, record
};

/// A bucket. Any thread takes; one thread at a time edits (change, fill, drain, seal: BucketTable's lock sees to it).
/// One cache line.
///
/// Level and time are one double word, with a number of the terms that they are held under in its low bits. Every
/// change is one compare-and-swap of it, computed from a level, a time and terms that were in force together, and in
/// force when it succeeded: takes and edits are in one order, and none sees or undoes half of another. Terms are kept
/// twice; an edit writes those that are not in force, then swaps level, time and number. See
/// docs/adr/0006-the-token-bucket.md for the proof.
class alignas(64) TokenBucket {
 public:
  /// Full.
  TokenBucket(const Terms& terms, base::MonotonicTime now);
  TokenBucket(const TokenBucket&) = delete;
  TokenBucket& operator=(const TokenBucket&) = delete;

  /// What was in force together at one moment.
  struct State {
    Terms terms;
    Units level;             ///< as of `at`
    base::MonotonicTime at;  ///< never steps back
  };
  enum class Verdict : uint8_t {
    Taken,     ///< of level `cost` is gone; the state is that after it
    TooFew,    ///< nothing is gone; the state is the one that was found, refilled to `now`
    Exempt,    ///< Mode::Off or Mode::Block: the bucket was not asked
    NoRecord,  ///< there was to be a record, and there is none: the bucket was not asked
    Sealed,    ///< the bucket is gone from its table: ask that again
  };
  struct Decision {
    Verdict verdict;
    State state;
  };

  /// Check and take in one step; `onlyWithRecord`: not by the default limit. A `now` before the bucket's time stands
  /// for that: it neither grants nor takes away.
  [[nodiscard]] Decision take(Units cost, base::MonotonicTime now, bool onlyWithRecord = false);
  /// The state, refilled to `now`.
  [[nodiscard]] State look(base::MonotonicTime now) const;
  [[nodiscard]] bool sealed() const { return level_.load(std::memory_order_acquire) == kSealed; }

  /// Puts other terms in force: tokens earned so far stay, a lower capacity clamps, a higher one grants nothing.
  void change(const Terms& terms, base::MonotonicTime now) { change(terms, now, nullptr, 0); }
  /// The same, but a bucket that nobody took from since it was in state `left` then holds `level`, at most the new
  /// capacity.
  void changeUntouched(const Terms& terms, base::MonotonicTime now, const State& left, Units level) {
    change(terms, now, &left, level);
  }
  /// Full again.
  void fill(base::MonotonicTime now);
  /// Takes what there is of `amount`.
  void drain(Units amount, base::MonotonicTime now);
  /// Ends a bucket that is full: no take succeeds any more. False, and nothing done, if it is not full.
  [[nodiscard]] bool sealIfFull(base::MonotonicTime now);

 private:
  static constexpr Units kSealed = ~Units{0};  ///< more than any capacity
  static constexpr int kNumberBits = 4;        ///< of the stamp: which terms, counted around
  static constexpr uint64_t kNumberMask = (1 << kNumberBits) - 1;

  struct Word {
    Units level;
    uint64_t stamp;  ///< time << kNumberBits | number
  };
  struct Seen {
    Word word;
    Terms terms;
  };

  static uint64_t stampOf(base::MonotonicTime at, uint64_t number) {
    return static_cast<uint64_t>(at) << kNumberBits | number;
  }
  static base::MonotonicTime timeOf(uint64_t stamp) { return static_cast<base::MonotonicTime>(stamp >> kNumberBits); }
  [[nodiscard]] Seen see() const;
  void change(const Terms& terms, base::MonotonicTime now, const State* left, Units level);
  [[nodiscard]] static State refilled(const Seen& seen, base::MonotonicTime now);
  [[nodiscard]] bool swap(const Word& expected, const Word& wanted);
  void write(uint64_t number, const Terms& terms);

  // The double word: two halves to read, one to swap.
  alignas(16) std::atomic<Units> level_;
  std::atomic<uint64_t> stamp_;
  // By the number's lowest bit.
  std::array<std::atomic<uint64_t>, 2> rate_{};
  std::array<std::atomic<double>, 2> capacity_{};
  std::array<std::atomic<uint16_t>, 2> facts_{};

 public:
  // Beside the decision, for people; kept by who takes. Relaxed: numbers that publish nothing. Here, since the line is
  // at hand.
  std::atomic<uint32_t> lastSeen{0};  ///< in units of 2^30 ns of the monotonic clock, plus one; 0: never
  std::atomic<uint64_t> allowed{0};
};
static_assert(sizeof(TokenBucket) == 64);

}  // namespace headgate::limits
