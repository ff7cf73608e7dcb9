#pragma once
// One canonical form of a request target's path, for every filter, the route table and the upstream.

#include <string_view>

#include "source/base/arena.h"
#include "source/base/error.h"
#include "source/http/rules.h"

namespace headgate::http {

/// Normalises an origin-form target (path and optional query; the query is left as it is) per RFC 3986 section 6.2.2:
/// percent-encoded unreserved characters are decoded, the hex digits of the others are upper-cased, `.` and `..`
/// segments (encoded or not) are removed. Normalising twice changes nothing more.
///
/// Refused with BadRequest: a target that does not begin with '/', a path that climbs over the root, a malformed
/// percent-encoding and %00 in the path, and the raw bytes that a path may not hold (controls, space, DEL, bytes over
/// 0x7F, '#', '\\'; the query may hold '\\'). Encoded slashes (%2F) stay encoded and repeated slashes stay, unless
/// `rules` say otherwise. Already canonical text is returned as it is, without a copy; otherwise the result lives in
/// `arena`.
[[nodiscard]] base::Result<std::string_view> normalizeTarget(std::string_view target, base::Arena& arena,
                                                             const PathRules& rules = {});

}  // namespace headgate::http
