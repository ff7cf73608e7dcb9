#pragma once
// Tries again and again whether anybody accepts connections at a host.

#include <functional>

#include "source/upstream/tcp_probe.h"

namespace headgate::upstream {

/// For a host that was ejected because nobody accepts there: it need not sit out its time once somebody does. Main
/// thread.
class Knock final : private ProbeOwner {
 public:
  static constexpr base::Duration kPause = std::chrono::seconds(1);

  /// `accepted` is called once, and may destroy the knock.
  Knock(event::Loop& loop, const net::Address& address, std::function<void()> accepted);

 private:
  void onProbeDone(std::optional<std::string> failure) override;
  void onTimer();

  const HealthCheckConfig config_;  ///< its timeout alone is used
  const std::function<void()> accepted_;
  TcpProbe probe_;
  event::Timer timer_;
  bool done_ = false;
};

}  // namespace headgate::upstream
