#pragma once
// Upper bounds of what a cluster's backends get at a time, counted over all workers together.

#include <atomic>
#include <cstdint>

namespace headgate::config {
class Object;
}

namespace headgate::upstream {

/// `clusters[].circuit_breaker`.
struct BreakerConfig {
  uint32_t maxConnections = 1024;
  uint32_t maxPending = 1024;   ///< requests that wait for a connection
  uint32_t maxRequests = 4096;  ///< attempts under way, those that wait included
  uint32_t maxRetries = 0;      ///< retries under way; 0 = the budget alone bounds them
  friend bool operator==(const BreakerConfig&, const BreakerConfig&) = default;
};
[[nodiscard]] BreakerConfig readBreakerConfig(config::Object object);

/// One bound. Exact: never more than `max` are out, and nobody is refused while fewer are. Any thread; relaxed, since
/// it guards no other memory.
class alignas(64) Breaker {
 public:
  explicit Breaker(uint32_t max) : max_(max) {}

  [[nodiscard]] bool take() {
    uint32_t out = out_.load(std::memory_order_relaxed);
    // Not fetch_add and back: what is about to be given back would refuse others.
    while (out < max_) {
      if (out_.compare_exchange_weak(out, out + 1, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  void give() { out_.fetch_sub(1, std::memory_order_relaxed); }
  [[nodiscard]] uint32_t out() const { return out_.load(std::memory_order_relaxed); }
  [[nodiscard]] uint32_t max() const { return max_; }
  [[nodiscard]] bool open() const { return out() >= max_; }

 private:
  std::atomic<uint32_t> out_{0};
  const uint32_t max_;
};

/// Those of one cluster.
struct CircuitBreakers {
  explicit CircuitBreakers(const BreakerConfig& config)
      : connections(config.maxConnections),
        pending(config.maxPending),
        requests(config.maxRequests),
        retries(config.maxRetries) {}

  Breaker connections;
  Breaker pending;
  Breaker requests;
  Breaker retries;
  /// A worker without a connection was refused one: main has all workers close their unused ones.
  alignas(64) std::atomic<bool> connectionWanted{false};
};

}  // namespace headgate::upstream
