#pragma once
// The routes of one host by their paths.

#include <absl/container/flat_hash_map.h>
#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "source/base/string_hash.h"
#include "source/routing/match_config.h"

namespace headgate::routing {

/// Finds the first of many routes whose path fits. A prefix that can match ends at a slash, before one or at the end of
/// the path: those few are looked up. A route by regex is found under the text with which all its matches begin, up to
/// the last slash of that text. So the cost follows the slashes of the path and the routes that share one such place,
/// not the number of routes. Immutable once filled; does not allocate on a find.
class PathIndex {
 public:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  /// `route` is greater than all that were added before.
  void add(uint32_t route, const MatchConfig& match);

  /// The smallest route that is found at `path` and for which `fits(route)` holds, else kNone. Routes by prefix and
  /// exact ones fit in path; of others `fits` must see to that.
  template <typename Fits>
  [[nodiscard]] uint32_t find(std::string_view path, Fits&& fits) const;

 private:
  using Routes = absl::InlinedVector<uint32_t, 2>;
  using Map = absl::flat_hash_map<std::string, Routes, base::StringHash, base::StringEqual>;

  template <typename Fits>
  static void consider(const Map& map, std::string_view text, uint32_t& best, Fits&& fits);

  Map prefixes_;
  Map exact_;
  size_t longest_ = 0;  ///< no longer prefix need be looked up, however many slashes a path has
};

template <typename Fits>
void PathIndex::consider(const Map& map, std::string_view text, uint32_t& best, Fits&& fits) {
  const auto found = map.find(text);
  if (found == map.end()) return;
  for (const uint32_t route : found->second) {
    if (route >= best) return;
    if (fits(route)) {
      best = route;
      return;
    }
  }
}

template <typename Fits>
uint32_t PathIndex::find(std::string_view path, Fits&& fits) const {
  uint32_t best = kNone;
  if (!exact_.empty()) consider(exact_, path, best, fits);
  for (size_t slash = path.find('/'); slash <= longest_; slash = path.find('/', slash + 1)) {
    if (slash > 0) consider(prefixes_, path.substr(0, slash), best, fits);
    if (slash + 1 < path.size()) consider(prefixes_, path.substr(0, slash + 1), best, fits);
  }
  if (path.size() <= longest_) consider(prefixes_, path, best, fits);
  if (path == "*") consider(prefixes_, "/", best, fits);  // OPTIONS *
  return best;
}

}  // namespace headgate::routing
