#pragma once
// What becomes of a request that a route matched: `cluster`, `clusters`, `redirect`, `respond`, `rewrite` and `mirror`
// of the config file.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/config/object.h"
#include "source/format/header_rules.h"
#include "source/routing/match_config.h"
#include "source/routing/regex.h"

namespace headgate::routing {

/// One of several clusters that share the requests of a route.
struct WeightedCluster {
  std::string name;
  uint32_t weight = 1;  ///< 0..1000000, relative to the others; 0 = none
};

/// An answer that sends the client elsewhere. What is not given stays as the client asked for it.
struct RedirectConfig {
  std::string scheme;                 ///< "http" or "https"; another one than the request's drops its port
  std::string host;                   ///< without port; drops the request's port
  uint16_t port = 0;                  ///< 0 = as above
  std::string path;                   ///< all of the path; a query in it takes the place of the request's
  std::optional<std::string> prefix;  ///< takes the place of the matched prefix
  uint16_t code = 301;                ///< 301, 302, 303, 307 or 308
  bool stripQuery = false;
};

/// An answer that needs no backend.
struct RespondConfig {
  uint16_t status = 200;  ///< 200..599
  std::string body;       ///< at most 64 KiB
  format::HeaderRules headers;
};

/// Another path or host for the backend.
struct RewriteConfig {
  std::optional<std::string> prefix;   ///< takes the place of the matched prefix
  std::shared_ptr<const Regex> regex;  ///< its first match in the path is replaced by `substitution`; null = not
  std::string substitution;
  std::string host;  ///< with or without port; empty = as the client asked for it
};

/// A second cluster that gets copies.
struct MirrorConfig {
  static constexpr uint32_t kAll = 1'000'000;
  std::string cluster;
  uint32_t share = kAll;  ///< of a million requests
};

/// Their readers: null if the key is absent. Mistakes go to the object's errors. Main thread.
[[nodiscard]] std::vector<WeightedCluster> readWeightedClusters(config::Object& route);
[[nodiscard]] std::optional<RedirectConfig> readRedirect(config::Object& route, const MatchConfig& match);
[[nodiscard]] std::optional<RespondConfig> readRespond(config::Object& route);
[[nodiscard]] std::optional<RewriteConfig> readRewrite(config::Object& route, const MatchConfig& match);
[[nodiscard]] std::optional<MirrorConfig> readMirror(config::Object& route);

}  // namespace headgate::routing
