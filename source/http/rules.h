#pragma once
// What a listener makes of messages where HTTP leaves it open.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::http {

/// `%2F` (and `%5C`, which many servers take for it) in a path.
enum class EscapedSlashes : uint8_t {
  Keep,    ///< a character of its segment, as RFC 3986 has it
  Decode,  ///< `%2F` becomes a slash, before dot segments are removed; `%5C` is refused
  Refuse,
};

/// How paths are normalised beyond what always is (path.h).
struct PathRules {
  bool mergeSlashes = false;  ///< several slashes in a row become one, before dot segments are removed
  EscapedSlashes escapedSlashes = EscapedSlashes::Keep;
};

/// Names of request fields that hold an underscore. CGI, WSGI and the like read `X_A` and `X-A` as one name, so
/// whatever is chosen a name that would be read as one that the proxy itself knows (header_name.h) is dropped.
enum class Underscores : uint8_t { Keep, Drop, Refuse };

/// Part of a listener's configuration, which outlives its sessions; never changed while they run.
struct MessageRules {
  PathRules path{};
  Underscores underscores = Underscores::Keep;
  /// Names of fields go to HTTP/1 peers in the case in which they came, in both directions; those that the proxy adds
  /// get capitals (`Content-Length`). Else all are lower-case.
  bool keepHeaderCase = false;
  /// What a client may upgrade to, in lower case; any other wish is ignored, as RFC 9110 section 7.8 allows.
  std::vector<std::string> upgrades{"websocket"};

  [[nodiscard]] bool allowsUpgrade(std::string_view protocol) const {
    return std::find(upgrades.begin(), upgrades.end(), protocol) != upgrades.end();
  }
};

}  // namespace headgate::http
