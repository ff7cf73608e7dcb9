#pragma once
// Which requests a route is for: `match` of the config file.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/http/message.h"
#include "source/routing/field_match.h"
#include "source/routing/regex.h"

namespace headgate::routing {

enum class PathKind : uint8_t {
  Prefix,  ///< of whole segments: "/api" matches /api and /api/x, not /apix; "/api/" what begins with it
  Exact,
  Regex,  ///< the whole path
};

struct MatchConfig {
  std::string host =
      "*";  ///< lower-case: a name, an IPv6 address in brackets, "*.suffix" (one label or more before it), or "*"
  uint16_t port = 0;  ///< that the request's authority names, or its scheme implies; 0 = any
  PathKind pathKind = PathKind::Prefix;
  std::string path = "/";                  ///< in canonical form; of a Regex the pattern
  std::shared_ptr<const Regex> pathRegex;  ///< of Regex
  std::vector<std::string> methods;        ///< one of these; empty = any
  std::vector<FieldMatch> headers;         ///< all of these
  std::vector<FieldMatch> query;           ///< all of these

  /// Whether a request that has the host fits in all else. `path`: its path without query.
  [[nodiscard]] bool pathFits(std::string_view path) const;
  [[nodiscard]] bool conditionsHold(const http::MessageHead& head) const;
  /// Host and port as the config file has them.
  [[nodiscard]] std::string hostText() const;
};

/// A name, an IPv6 address in brackets, "*.suffix" or "*"; in any case, without port.
[[nodiscard]] bool isHostPattern(std::string_view host);
/// For messages: what is expected instead of `path`, which requests are not matched in; empty if it is good.
[[nodiscard]] std::string canonicalPathProblem(const std::string& path);

/// An authority in parts.
struct Authority {
  std::string_view host;  ///< with its brackets, if any
  uint16_t port = 0;      ///< 0: none is named, or none that a port can be
};
[[nodiscard]] Authority splitAuthority(std::string_view authority);

/// `prefix` as a PathKind::Prefix is a prefix of `path`. The path "*" of OPTIONS counts as "/".
[[nodiscard]] bool isSegmentPrefix(std::string_view prefix, std::string_view path);

/// Reads `match`; mistakes go to the object's errors, and what could not be read has its default. Main thread.
[[nodiscard]] MatchConfig readMatchConfig(config::Object match);

}  // namespace headgate::routing
