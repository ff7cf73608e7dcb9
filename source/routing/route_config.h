#pragma once
// The configuration of a route: `listeners[].routes[]` of the config file.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/clock.h"
#include "source/config/node.h"
#include "source/format/header_rules.h"
#include "source/routing/action_config.h"
#include "source/routing/filter_options.h"
#include "source/routing/match_config.h"

namespace headgate::config {
class Object;
}

namespace headgate::routing {

/// When an attempt that failed may be made again; the bits of `retries.on`.
enum RetryOn : uint8_t {
  kRetryConnectFailure = 1,  ///< no connection: nothing was sent
  kRetryRefusedStream = 2,   ///< the peer says that it did not process the request
  kRetryUnsent = 4,          ///< the connection was lost before a byte of the request left
  kRetryReset = 8,           ///< ended before a response byte; only GET HEAD OPTIONS TRACE PUT DELETE
};

/// The words of `retries.on`.
inline constexpr std::array<std::pair<std::string_view, RetryOn>, 4> kRetryOnWords{
    {{"connect-failure", kRetryConnectFailure},
     {"refused-stream", kRetryRefusedStream},
     {"unsent", kRetryUnsent},
     {"reset", kRetryReset}}};

struct RetryConfig {
  uint8_t on = kRetryConnectFailure | kRetryRefusedStream | kRetryUnsent | kRetryReset;
  uint32_t max = 2;                 ///< further attempts after the first; 0..10
  base::Duration perTryTimeout{0};  ///< 0 = off
  base::Duration backOffBase =
      std::chrono::milliseconds(25);  ///< before a try at a host that failed this request; 0 = none
  base::Duration backOffMax = std::chrono::milliseconds(250);  ///< at least backOffBase
  uint32_t budgetPercent = 20;       ///< retries of what may have been sent, of all requests of the last 10 s; 0..100
  uint32_t budgetMinPerSecond = 10;  ///< always allowed
};

struct RouteConfig {
  MatchConfig match;
  // What becomes of the request: one of these.
  std::string cluster;                    ///< empty = not
  std::vector<WeightedCluster> clusters;  ///< empty = not
  std::optional<RedirectConfig> redirect;
  std::optional<RespondConfig> respond;

  base::Duration timeout = std::chrono::seconds(15);  ///< request complete -> response head, retries included; 0 = off
  RetryConfig retries;
  std::optional<uint64_t> maxRequestBody;    ///< bytes; empty = the listener's
  std::optional<base::Duration> streamIdle;  ///< 0 = off; empty = the listener's
  std::optional<RewriteConfig> rewrite;
  std::optional<MirrorConfig> mirror;
  format::HeaderRules requestHeaders;   ///< on the way to the backend
  format::HeaderRules responseHeaders;  ///< of every response that the route's requests get
  /// What it says to each filter of the listener's chain, in its order; empty: nothing to any.
  std::vector<RouteFilter> filters;
  /// What it was read from, for printing; not in the table.
  config::Node source;
};

/// Reads an element of `routes`; mistakes go to the object's errors, and what could not be read has its default.
/// Whether the cluster exists is checked by who knows the clusters, `filters` is read by who knows the chain, and
/// finish() is theirs. Main thread.
[[nodiscard]] RouteConfig readRouteConfig(config::Object& object);

}  // namespace headgate::routing
