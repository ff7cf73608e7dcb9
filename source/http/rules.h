#pragma once
// What a listener makes of messages that HTTP leaves open: which upgrades it passes on.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::http {

/// Part of a listener's configuration, which outlives its sessions; never changed while they run.
struct MessageRules {
  /// What a client may upgrade to, in lower case; any other wish is ignored, as RFC 9110 section 7.8 allows.
  std::vector<std::string> upgrades{"websocket"};

  [[nodiscard]] bool allowsUpgrade(std::string_view protocol) const {
    return std::find(upgrades.begin(), upgrades.end(), protocol) != upgrades.end();
  }
};

}  // namespace headgate::http
