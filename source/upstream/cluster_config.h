#pragma once
// The configuration of a cluster: `clusters[]` of the config file.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/clock.h"
#include "source/net/address.h"
#include "source/upstream/circuit_breaker.h"
#include "source/upstream/health_check_config.h"

namespace headgate::config {
class Errors;
class Node;
class Object;
}  // namespace headgate::config

namespace headgate::upstream {

enum class LbPolicy : uint8_t { RoundRobin, LeastRequest, Random, RingHash, Maglev };

/// By what the hashing policies know requests that belong together.
struct HashKeyConfig {
  enum class Kind : uint8_t { None, Header, Cookie, RemoteAddress };
  Kind kind = Kind::None;
  std::string name;  ///< of the header, in lower case, or of the cookie
  friend bool operator==(const HashKeyConfig&, const HashKeyConfig&) = default;
};

struct EndpointConfig {
  net::Address address;  ///< empty while `name` has not been looked up
  uint32_t weight = 1;   ///< 1..1000
  std::string name{};    ///< a host name, whose every address is a host; empty: `address` was given
  uint16_t port = 0;     ///< with `name`
  /// As people write it: "127.0.0.1:8081" or "app.internal:8081".
  [[nodiscard]] std::string text() const;
  friend bool operator==(const EndpointConfig&, const EndpointConfig&) = default;
};

struct ClusterConfig {
  std::string name;
  std::vector<EndpointConfig> endpoints;  ///< at least one, unless there is a file
  std::string endpointsFile;              ///< its endpoints replace these; empty: there is none
  LbPolicy lbPolicy = LbPolicy::RoundRobin;
  HashKeyConfig hashKey;  ///< for RingHash and Maglev
  base::Duration connectTimeout = std::chrono::seconds(5);
  base::Duration idleTimeout = std::chrono::seconds(60);  ///< of a pooled connection; 0 = never
  std::optional<HealthCheckConfig> healthCheck;           ///< nothing: hosts are up until requests say otherwise
  OutlierConfig outlier;
  BreakerConfig breaker;
  uint32_t panicThresholdPercent = 0;  ///< 0..100
  base::Duration slowStart{0};         ///< in which a host that comes back grows to its share; 0 = at once
  friend bool operator==(const ClusterConfig&, const ClusterConfig&) = default;
};

/// The word of the config file, such as "least_request".
[[nodiscard]] std::string_view lbPolicyName(LbPolicy policy);
/// Reads that word, and "least_conn" for least_request; nothing for any other.
[[nodiscard]] std::optional<LbPolicy> parseLbPolicy(std::string_view word);
/// For messages: the words that parseLbPolicy reads.
inline constexpr std::string_view kLbPolicyWords =
    "one of \"round_robin\", \"least_request\", \"random\", \"ring_hash\", \"maglev\"";

/// "127.0.0.1:8081", "[::1]:8081", "unix:/path", "localhost:8081" (127.0.0.1) or "app.internal:8081": what a connection
/// can be made to, so neither port 0 nor an address of all interfaces. The error's message says what was expected,
/// without `text`.
[[nodiscard]] base::Result<EndpointConfig> parseEndpoint(std::string_view text);

/// Reads `{"endpoints": [...]}`, which may be empty; mistakes go to `errors`. Main thread.
[[nodiscard]] std::vector<EndpointConfig> readEndpoints(const config::Node& root, config::Errors& errors);

/// Reads an element of `clusters`; mistakes go to the object's errors, and what could not be read has its default.
/// `endpoints` has an entry for each element of the file, so that indices agree. Main thread.
[[nodiscard]] ClusterConfig readClusterConfig(config::Object& object);

}  // namespace headgate::upstream
