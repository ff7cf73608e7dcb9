#pragma once
// A client: who it is, what it may do, and what is known of its bucket.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "source/base/clock.h"
#include "source/limits/limit_spec.h"

namespace headgate::limits {

inline constexpr size_t kMaxIdBytes = 256;

/// What keeps `id` from naming a client, or nothing: 1 to 256 bytes of printable ASCII without a space at either end (a
/// header value has none there), not ".", "..", "batch" or "export" (which stand for other things in paths). An id that
/// begins with "ip:" is that of an address and must be in the canonical form that requests are looked up by:
/// "ip:203.0.113.7", "ip:2001:db8:1:2::/64", "ip:unix".
[[nodiscard]] std::optional<std::string> problemOfId(std::string_view id);

using Labels = std::map<std::string, std::string>;
inline constexpr size_t kMaxLabels = 32;
inline constexpr size_t kMaxLabelKeyBytes = 63;
inline constexpr size_t kMaxLabelValueBytes = 256;

/// Whether there are too many, or one is too long, has no key, or holds control characters or malformed UTF-8. `field`
/// is "labels" or "labels/KEY".
[[nodiscard]] std::optional<FieldProblem> problemOf(const Labels& labels);

/// A client's record, as stored. A value; owned by whoever has it.
struct Client {
  std::string id;
  LimitSpec limit;
  Mode mode = Mode::Enforce;
  Labels labels;
  uint64_t revision = 0;  ///< of the store when this record was last changed
  base::WallTime createdAt = 0;
  base::WallTime updatedAt = 0;
};

/// A bucket's state as stored and shown.
struct BucketState {
  double tokens = 0;  ///< as of `at`
  base::WallTime at = 0;
  uint64_t allowedTotal = 0;
  uint64_t deniedTotal = 0;
  base::WallTime lastSeen = 0;  ///< the last request, to about a second; 0: none yet
};

}  // namespace headgate::limits
