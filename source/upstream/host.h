#pragma once
// One backend endpoint: its address and the facts that all workers share about it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "source/net/address.h"
#include "source/upstream/host_record.h"
#include "source/upstream/host_stats.h"

namespace headgate::upstream {

/// Why a host takes no new requests; a set of bits. Health and the operator's word are apart, so that both show.
enum HostFlag : uint8_t {
  kUnchecked = 1 << 0,    ///< its cluster checks health, and no check has answered yet
  kFailedCheck = 1 << 1,  ///< active health checks say that it is down
  kEjected = 1 << 2,      ///< outlier detection took it out for a while
  kDrained = 1 << 3,      ///< an operator did
};

/// How often something happened in a row.
class Streak {
 public:
  /// The length with this one.
  uint32_t add() { return length_.fetch_add(1, std::memory_order_relaxed) + 1; }
  void end() {
    if (length_.load(std::memory_order_relaxed) != 0) length_.store(0, std::memory_order_relaxed);
  }

 private:
  std::atomic<uint32_t> length_{0};
};

/// Shared by all workers and main. The address is fixed; the atomics are relaxed: each is a fact of its own, none
/// orders another. Main alone writes flags and weight.
class Host {
 public:
  Host(net::Address address, uint32_t weight)
      : address_(std::move(address)), text_(address_.text()), configuredWeight_(weight), weight_(weight) {}

  [[nodiscard]] const net::Address& address() const { return address_; }
  /// "127.0.0.1:8081", for logs.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] uint32_t weight() const { return weight_.load(std::memory_order_relaxed); }
  void setWeight(uint32_t weight) { weight_.store(weight, std::memory_order_relaxed); }
  /// The configuration or discovery says it again: what an operator set since stays until they say something else. Main
  /// thread.
  void configureWeight(uint32_t weight) {
    if (std::exchange(configuredWeight_, weight) != weight) setWeight(weight);
  }

  /// HostFlag bits; 0 = takes requests.
  [[nodiscard]] uint8_t flags() const { return flags_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool has(HostFlag flag) const { return (flags() & flag) != 0; }
  void setFlag(HostFlag flag, bool on) {
    const uint8_t now = flags();
    flags_.store(static_cast<uint8_t>(on ? now | flag : now & ~flag), std::memory_order_relaxed);
  }

  /// Main thread.
  [[nodiscard]] HostRecord& record() { return record_; }
  [[nodiscard]] const HostRecord& record() const { return record_; }

  /// Requests that an attempt has begun and not ended, over all workers.
  [[nodiscard]] uint32_t activeRequests() const { return active_.load(std::memory_order_relaxed); }
  void requestBegun() { active_.fetch_add(1, std::memory_order_relaxed); }
  void requestEnded() { active_.fetch_sub(1, std::memory_order_relaxed); }
  /// Connections over all workers, those that are being made included.
  [[nodiscard]] uint32_t connections() const { return connections_.load(std::memory_order_relaxed); }
  void connectionBegun() { connections_.fetch_add(1, std::memory_order_relaxed); }
  void connectionEnded() { connections_.fetch_sub(1, std::memory_order_relaxed); }

  [[nodiscard]] HostStats& stats() { return stats_; }
  [[nodiscard]] const HostStats& stats() const { return stats_; }
  /// Bad outcomes in a row, over all workers. A good one only writes when there was a bad one.
  [[nodiscard]] Streak& serverErrors() { return serverErrors_; }
  [[nodiscard]] Streak& localFailures() { return localFailures_; }

 private:
  const net::Address address_;
  const std::string text_;
  uint32_t configuredWeight_;  ///< main's
  std::atomic<uint32_t> weight_;
  std::atomic<uint8_t> flags_{0};
  std::atomic<uint32_t> active_{0};
  std::atomic<uint32_t> connections_{0};
  Streak serverErrors_;
  Streak localFailures_;
  HostStats stats_;
  HostRecord record_;
};

using Members = std::vector<std::shared_ptr<Host>>;

}  // namespace headgate::upstream
