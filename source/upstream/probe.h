#pragma once
// The seam of active health checks: one way to ask one host whether it is well.

#include <memory>
#include <optional>
#include <string>

#include "source/event/loop.h"
#include "source/net/address.h"
#include "source/upstream/health_check_config.h"

namespace headgate::upstream {

class ProbeOwner {
 public:
  /// `failure`: why the host is not well, for people ("503", "connect refused"); nothing: it is well.
  virtual void onProbeDone(std::optional<std::string> failure) = 0;

 protected:
  ~ProbeOwner() = default;
};

/// Asks again and again; may keep a connection between. The owner watches the time. Main thread.
class Probe {
 public:
  virtual ~Probe() = default;
  /// Asks once; the owner hears of the result once, perhaps before this returns.
  virtual void start() = 0;
  /// No result comes any more; what was under way is given up.
  virtual void cancel() = 0;
};

/// `config` and `owner` outlive the probe.
[[nodiscard]] std::unique_ptr<Probe> makeProbe(event::Loop& loop, const net::Address& address,
                                               const HealthCheckConfig& config, ProbeOwner& owner);

/// Why there is no connection, in few words.
[[nodiscard]] std::string connectFailure(const base::Error& error);

}  // namespace headgate::upstream
