#include "source/routing/shadowing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "source/config/errors.h"
#include "source/routing/path_index.h"

namespace headgate::routing {
namespace {

bool subset(const std::vector<FieldMatch>& few, const std::vector<FieldMatch>& many) {
  return std::all_of(few.begin(), few.end(), [&many](const FieldMatch& match) {
    return std::find(many.begin(), many.end(), match) != many.end();
  });
}

bool coversMethods(const std::vector<std::string>& early, const std::vector<std::string>& late) {
  if (early.empty()) return true;
  return !late.empty() && std::all_of(late.begin(), late.end(), [&early](const std::string& method) {
    return std::find(early.begin(), early.end(), method) != early.end();
  });
}

// A text that every path of the route begins with or is.
std::string pathOf(const MatchConfig& match) {
  if (match.pathKind != PathKind::Regex) return match.path;
  const std::string prefix = match.pathRegex->literalPrefix();
  return prefix.empty() ? "/" : prefix;
}

bool coversPath(const MatchConfig& early, const MatchConfig& late) {
  switch (early.pathKind) {
    case PathKind::Exact: return late.pathKind == PathKind::Exact && early.path == late.path;
    case PathKind::Regex:
      if (late.pathKind == PathKind::Regex) return early.path == late.path;
      return late.pathKind == PathKind::Exact && early.pathRegex->matches(late.path);
    case PathKind::Prefix: {
      const std::string path = pathOf(late);
      if (late.pathKind != PathKind::Regex) return isSegmentPrefix(early.path, path);
      // What follows in the path is not known: the prefix must end at a slash that is.
      return path.starts_with(early.path) &&
             (early.path.ends_with('/') || path.substr(early.path.size()).starts_with('/'));
    }
  }
  return false;
}

bool covers(const MatchConfig& early, const MatchConfig& late) {
  return coversPath(early, late) && coversMethods(early.methods, late.methods) && subset(early.headers, late.headers) &&
         subset(early.query, late.query);
}

}  // namespace

std::vector<Shadow> findShadowed(std::span<const RouteConfig> routes) {
  std::vector<Shadow> shadows;
  std::map<std::string, PathIndex> hosts;
  for (size_t i = 0; i < routes.size(); ++i) {
    const MatchConfig& match = routes[i].match;
    PathIndex& paths = hosts[match.hostText()];
    size_t compared = 0;
    const uint32_t by = paths.find(pathOf(match), [&](uint32_t early) {
      return ++compared <= kMaxCompared && covers(routes[early].match, match);
    });
    if (by != PathIndex::kNone) shadows.push_back({i, by});
    paths.add(static_cast<uint32_t>(i), match);
  }
  return shadows;
}

std::optional<std::string> whyUnreachable(const RouteConfig& route) {
  const MatchConfig& match = route.match;
  if (match.methods == std::vector<std::string>{"CONNECT"}) return "requests with the method CONNECT are refused";
  if (match.pathKind != PathKind::Regex) return std::nullopt;
  const std::string prefix = match.pathRegex->literalPrefix();
  if (prefix.empty() || prefix.front() == '/' || match.pathRegex->matches("*")) return std::nullopt;
  return fmt::format("what the regular expression matches begins with {}, and every path with \"/\"",
                     config::quotedText(prefix));
}

}  // namespace headgate::routing
