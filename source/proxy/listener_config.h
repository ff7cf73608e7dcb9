#pragma once
// The configuration of a listener: `listeners[]` of the config file.

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "api/filter_factory.h"
#include "source/base/clock.h"
#include "source/config/node.h"
#include "source/http/rules.h"
#include "source/net/address.h"
#include "source/proxy/error_body.h"
#include "source/routing/route_config.h"

namespace headgate::proxy {

/// `listeners[].timeouts`; 0 = off.
struct ListenerTimeouts {
  base::Duration headers = std::chrono::seconds(10);      ///< a whole request head
  base::Duration bodyIdle = std::chrono::seconds(30);     ///< no request byte while a body is due
  base::Duration writeIdle = std::chrono::seconds(60);    ///< the peer takes no byte
  base::Duration request{0};                              ///< the rest of a request after its head
  base::Duration idle = std::chrono::seconds(75);         ///< between requests
  base::Duration streamIdle = std::chrono::seconds(300);  ///< nothing in either direction
  base::Duration drain = std::chrono::seconds(30);        ///< at shutdown
};

struct ListenerConfig {
  std::string name;  ///< default: its address
  net::Address address;
  uint32_t maxConnections = 10000;  ///< over all workers; 1..10000000
  uint32_t trustedHops = 0;         ///< proxies in front whose X-Forwarded-For is believed; 0..100
  ListenerTimeouts timeouts;
  uint32_t maxRequestHeaders = 60 * 1024;                          ///< bytes; 1 KiB .. 1 MiB
  uint32_t maxHeaderCount = 100;                                   ///< field lines; 1..10000
  uint64_t maxRequestBody = std::numeric_limits<uint64_t>::max();  ///< bytes; "unlimited"
  http::MessageRules rules{};
  std::shared_ptr<const ErrorBody> errorBody;  ///< of the answers made here; null: the structured JSON error
  config::Node errorBodySource;                ///< what it was read from; for printing
  /// The chain in order, the router last; built (and so validated) while the file is read.
  std::vector<std::shared_ptr<const api::FilterFactory>> filters;
  /// What `filters` was read from, one for one; for printing.
  std::vector<config::Node> filterOptions;
  std::vector<routing::RouteConfig> routes;  ///< in the order of the file
};

/// "0.0.0.0:8080", ":8080" (all IPv4 addresses), "[::]:8080" or "unix:/path"; port 0 lets the kernel choose. The
/// error's message says what was expected, without `text`.
[[nodiscard]] base::Result<net::Address> parseListenAddress(std::string_view text);

/// Reads an element of `listeners` and builds its filters; mistakes go to the object's errors, and what could not be
/// read has its default. `routes` has an entry for each element of the file, so that indices agree. Main thread.
[[nodiscard]] ListenerConfig readListenerConfig(config::Object& object);

}  // namespace headgate::proxy
