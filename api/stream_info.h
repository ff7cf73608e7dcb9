#pragma once
// The facts of one exchange, gathered as it goes; what access logs and statistics read.

#include <cstdint>
#include <string_view>

#include "source/base/clock.h"
#include "source/http/message.h"
#include "source/net/address.h"

namespace headgate::api {

/// Why a response is not simply the backend's answer; Envoy's names, so that habits carry over. A set of bits.
enum ResponseFlag : uint32_t {
  kNoHealthyUpstream = 1 << 0,                ///< UH
  kUpstreamConnectionFailure = 1 << 1,        ///< UF
  kUpstreamOverflow = 1 << 2,                 ///< UO
  kUpstreamRequestTimeout = 1 << 3,           ///< UT
  kUpstreamConnectionTermination = 1 << 4,    ///< UC
  kUpstreamRetryLimitExceeded = 1 << 5,       ///< URX
  kUpstreamProtocolError = 1 << 6,            ///< UPE
  kNoRouteFound = 1 << 7,                     ///< NR
  kNoClusterFound = 1 << 8,                   ///< NC
  kDownstreamConnectionTermination = 1 << 9,  ///< DC
  kDownstreamProtocolError = 1 << 10,         ///< DPE
  kStreamIdleTimeout = 1 << 11,               ///< SI
  kRateLimited = 1 << 12,                     ///< RL
  kOverload = 1 << 13,                        ///< OM
  kDurationTimeout = 1 << 14,                 ///< DT
};

/// What the limit of its client decided about a request.
enum class LimitDecision : uint8_t {
  None,  ///< it was not asked
  Allowed,
  Denied,        ///< too few tokens; 429
  ShadowDenied,  ///< would have been, but the client is in shadow mode
  Blocked,       ///< 403
  Exempt,        ///< the client has no limit
  Unknown,       ///< a client without a record, which the configuration refuses; 401
};
/// The word in logs: "allowed", "denied", "shadow_denied", "blocked", "exempt", "unknown"; empty for None.
[[nodiscard]] constexpr std::string_view limitDecisionName(LimitDecision decision) {
  switch (decision) {
    case LimitDecision::None: return {};
    case LimitDecision::Allowed: return "allowed";
    case LimitDecision::Denied: return "denied";
    case LimitDecision::ShadowDenied: return "shadow_denied";
    case LimitDecision::Blocked: return "blocked";
    case LimitDecision::Exempt: return "exempt";
    case LimitDecision::Unknown: return "unknown";
  }
  return {};
}

/// One try at one host; a list in the order of the tries.
struct Attempt {
  std::string_view host;     ///< "127.0.0.1:8081"
  std::string_view outcome;  ///< "200", or the reason token of the error
  Attempt* next = nullptr;
};

/// Lives in the stream's arena; views point there or to static text, unless said otherwise. Valid until
/// onStreamComplete returns.
struct StreamInfo {
  base::WallTime startWall = 0;
  base::MonotonicTime start = 0;            ///< the head was complete
  base::MonotonicTime requestComplete = 0;  ///< last request byte in; 0 = never came
  base::MonotonicTime upstreamStart = 0;    ///< the last attempt was begun
  base::MonotonicTime responseHead = 0;     ///< response head received from upstream, or made here
  base::MonotonicTime end = 0;              ///< set before onStreamComplete

  const http::MessageHead* request = nullptr;   ///< null when not even a request line could be read
  const http::MessageHead* response = nullptr;  ///< as sent to the client; null when none was begun
  uint16_t status = 0;                          ///< 0: the client left before a response began
  uint32_t flags = 0;                           ///< ResponseFlag bits
  std::string_view details;                     ///< "via_upstream" or a reason token; empty until decided

  const http::HeaderList* responseTrailers = nullptr;  ///< as sent to the client; null when there were none
  std::string_view upstreamProtocol;                   ///< of the backend's answer, "HTTP/1.1"; empty: none came
  std::string_view upstreamFailure;     ///< what the last failed try said, for a person; empty: none failed
  base::MonotonicTime requestSent = 0;  ///< the last attempt had the whole request; 0 = it never did

  uint64_t bytesReceived = 0;  ///< request body
  uint64_t bytesSent = 0;      ///< response body
  uint64_t connectionId = 0;
  net::IpAddress peer;        ///< the socket's peer; empty for a Unix socket
  std::string_view peerText;  ///< its address without port, or "unix"
  net::IpAddress
      client;  ///< whom the request is from: what trusted_hops proxies say, else the peer; its port is 0 when forwarded
  std::string_view clientText;    ///< its address without port, or "unix"
  bool forwarded = false;         ///< `client` is what trusted proxies say: so is what X-Forwarded-Proto and -Host say
  std::string_view clusterName;   ///< points into the snapshot that the stream pins
  std::string_view upstreamHost;  ///< the host whose answer (or failure) this is; empty: none was chosen
  std::string_view clientId;      ///< the id that the limiter knows the client by; empty: it was not asked
  LimitDecision limit = LimitDecision::None;
  uint32_t attemptCount = 0;
  Attempt* attempts = nullptr;
};

}  // namespace headgate::api
