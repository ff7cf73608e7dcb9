#pragma once
// The configuration of active health checks and of outlier detection: `clusters[].health_check` and
// `clusters[].outlier_detection`.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/clock.h"
#include "source/http/message.h"

namespace headgate::config {
class Object;
}

namespace headgate::upstream {

/// How a host is asked whether it is well.
enum class ProbeKind : uint8_t { Http, Tcp };

struct HealthCheckConfig {
  ProbeKind kind = ProbeKind::Http;
  // HTTP
  std::string path = "/ping";
  http::Method method = http::Method::Get;
  std::string host;                                          ///< the Host field; empty = the endpoint's address
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::vector<uint16_t> expected{200};                       ///< statuses of a host that is well
  // all
  base::Duration interval = std::chrono::seconds(2);  ///< from the start of a check to that of the next
  base::Duration unhealthyInterval =
      std::chrono::seconds(1);                       ///< the same once a check has failed, until the host is well
  base::Duration timeout = std::chrono::seconds(3);  ///< connecting included
  uint32_t jitterPercent = 10;                       ///< intervals are shortened by up to this share, at random; 0..100
  uint32_t unhealthyThreshold = 2;                   ///< failures in a row after which a host is down
  uint32_t healthyThreshold = 1;                     ///< successes in a row after which it is up again
  bool reuseConnection = true;
  friend bool operator==(const HealthCheckConfig&, const HealthCheckConfig&) = default;
};

/// Passive: what the requests themselves tell. A threshold of 0 turns its detection off.
struct OutlierConfig {
  uint32_t consecutive5xx = 5;
  uint32_t consecutiveLocal = 5;   ///< in a row: no connection, reset or timeout before a response
  double successRateStdevs = 1.9;  ///< success rates that far below the mean of the cluster's hosts
  uint32_t successRateMinHosts = 5;
  uint32_t successRateMinRequests = 100;  ///< of a host in an interval, to be judged
  base::Duration interval = std::chrono::seconds(10);
  base::Duration baseEjection = std::chrono::seconds(30);  ///< doubles with each ejection in a row
  base::Duration maxEjection = std::chrono::seconds(300);
  uint32_t maxEjectionPercent = 50;
  bool keepOne = true;  ///< never eject the last host that takes requests
  friend bool operator==(const OutlierConfig&, const OutlierConfig&) = default;
};

/// "http", "tcp": the word in state and statistics.
[[nodiscard]] std::string_view probeKindName(ProbeKind kind);

/// Reads the object's fields; mistakes go to its errors. Main thread.
[[nodiscard]] HealthCheckConfig readHealthCheckConfig(config::Object object);
[[nodiscard]] OutlierConfig readOutlierConfig(config::Object object);

}  // namespace headgate::upstream
