#pragma once
// How host names are looked up.

#include <chrono>
#include <string>
#include <vector>

#include "source/base/clock.h"

namespace headgate::net {

/// `dns` of the configuration.
struct DnsConfig {
  std::vector<std::string> servers;                  ///< "127.0.0.1:53"; empty: those of the system
  base::Duration timeout = std::chrono::seconds(2);  ///< for one try at one server
  friend bool operator==(const DnsConfig&, const DnsConfig&) = default;
};

}  // namespace headgate::net
