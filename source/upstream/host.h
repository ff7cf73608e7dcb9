#pragma once
// One backend endpoint: its address and the facts that all workers share about it.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "source/net/address.h"

namespace headgate::upstream {

/// Shared by all workers and main. The address is fixed; the atomics are relaxed: each is a fact of its own, none orders another.
class Host {
 public:
  Host(net::Address address, uint32_t weight) : address_(std::move(address)), text_(address_.text()), weight_(weight) {}

  [[nodiscard]] const net::Address& address() const { return address_; }
  /// "127.0.0.1:8081", for logs.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] uint32_t weight() const { return weight_; }

  /// Requests that an attempt has begun and not ended, over all workers.
  [[nodiscard]] uint32_t activeRequests() const { return active_.load(std::memory_order_relaxed); }
  void requestBegun() { active_.fetch_add(1, std::memory_order_relaxed); }
  void requestEnded() { active_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  const net::Address address_;
  const std::string text_;
  const uint32_t weight_;
  std::atomic<uint32_t> active_{0};
};

/// The members of a cluster at one moment. Immutable; travels to the workers as shared_ptr<const HostSet>.
struct HostSet {
  std::vector<std::shared_ptr<Host>> hosts;
};

}  // namespace headgate::upstream
