#include "source/routing/path_index.h"

namespace headgate::routing {
namespace {

// Under which prefix a route is found; every path has "/".
std::string placeOf(const MatchConfig& match) {
  if (match.pathKind != PathKind::Regex) return match.path;
  const std::string prefix = match.pathRegex->literalPrefix();
  if (!prefix.starts_with('/')) return "/";
  return prefix.substr(0, prefix.rfind('/') + 1);
}

}  // namespace

void PathIndex::add(uint32_t route, const MatchConfig& match) {
  if (match.pathKind == PathKind::Exact) {
    exact_[match.path].push_back(route);
    return;
  }
  const std::string place = placeOf(match);
  longest_ = std::max(longest_, place.size());
  prefixes_[place].push_back(route);
}

}  // namespace headgate::routing
