#pragma once
// What the workers count about one host, in a bounded space whatever their number.

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace headgate::upstream {

/// How an attempt at a host ended, as far as the host is to blame.
enum class Outcome : uint8_t {
  Success,      ///< an answer below 500
  ServerError,  ///< an answer of 5xx
  NoConnection,
  Reset,  ///< no whole answer: reset, or broken protocol
  Timeout,
};

/// Time from the begin of an attempt to the response's head in half powers of two of microseconds: 1, 1.5, 2, 3, 4, 6
/// ... 71 minutes.
struct LatencyBuckets {
  static constexpr size_t kCount = 64;
  [[nodiscard]] static constexpr size_t indexOf(uint64_t us) {
    if (us < 1) us = 1;
    const auto octave = static_cast<size_t>(std::bit_width(us)) - 1;
    if (octave >= kCount / 2) return kCount - 1;
    return 2 * octave + (octave > 0 ? (us >> (octave - 1)) & 1 : 0);
  }
  /// The smallest value of bucket `index` in microseconds.
  [[nodiscard]] static constexpr double lowerBound(size_t index) {
    const auto octave = static_cast<double>(uint64_t{1} << (index / 2));
    return index % 2 == 0 ? octave : octave * 1.5;
  }
};

/// The sums of one host.
struct HostTotals {
  uint64_t rqTotal = 0;  ///< attempts that have ended, whatever their outcome
  uint64_t rqSuccess = 0;
  uint64_t rqError = 0;    ///< 5xx and all without an answer
  uint64_t rqTimeout = 0;  ///< of those
  uint64_t cxTotal = 0;
  uint64_t cxConnectFail = 0;
  std::array<uint64_t, LatencyBuckets::kCount> latency{};

  /// In microseconds, to within a half power of two; 0 without requests.
  [[nodiscard]] double latencyPercentile(double percent) const;
};

/// Counts in kStripes parts, so that workers rarely meet on a cache line: 1.3 KiB a host. Relaxed: each is a sum of its
/// own. Any thread.
class HostStats {
 public:
  static constexpr size_t kStripes = 4;

  void countOutcome(size_t stripe, Outcome outcome) {
    Stripe& to = stripes_[stripe % kStripes];
    add(to.rqTotal);
    if (outcome == Outcome::Success) return add(to.rqSuccess);
    add(to.rqError);
    if (outcome == Outcome::Timeout) add(to.rqTimeout);
  }
  void countLatency(size_t stripe, uint64_t us) {
    stripes_[stripe % kStripes].latency[LatencyBuckets::indexOf(us)].fetch_add(1, std::memory_order_relaxed);
  }
  void countConnection(size_t stripe) { add(stripes_[stripe % kStripes].cxTotal); }
  void countConnectFail(size_t stripe) { add(stripes_[stripe % kStripes].cxConnectFail); }
  [[nodiscard]] HostTotals totals() const;

 private:
  struct alignas(64) Stripe {
    std::atomic<uint64_t> rqTotal{0};
    std::atomic<uint64_t> rqSuccess{0};
    std::atomic<uint64_t> rqError{0};
    std::atomic<uint64_t> rqTimeout{0};
    std::atomic<uint64_t> cxTotal{0};
    std::atomic<uint64_t> cxConnectFail{0};
    std::array<std::atomic<uint32_t>, LatencyBuckets::kCount> latency{};
  };
  static void add(std::atomic<uint64_t>& cell) { cell.fetch_add(1, std::memory_order_relaxed); }

  std::array<Stripe, kStripes> stripes_;
};

}  // namespace headgate::upstream
