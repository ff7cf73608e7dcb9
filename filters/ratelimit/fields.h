#pragma once
// What a client is told of its limit: the numbers of a decision, and the fields that carry them.

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/header_list.h"
#include "source/limits/bucket_table.h"

namespace headgate::filters::ratelimit {

/// A decision in whole tokens and whole seconds.
struct Quota {
  uint64_t capacity;               ///< tokens, rounded down
  uint64_t remaining;              ///< tokens, rounded down
  std::optional<uint64_t> window;  ///< seconds to fill an empty bucket, rounded up; nothing for rate 0
  std::optional<uint64_t>
      reset;  ///< seconds, rounded up: admitted, until there is one more token (0 when full); refused, until the
              ///< request's cost is there (if it never will be: until one more token). Nothing for rate 0
  std::optional<uint64_t> retryAfter;  ///< for a refusal, seconds until the cost is there, rounded up; nothing: never
};
[[nodiscard]] Quota quotaOf(const limits::Decision& decision);

/// `RateLimit-Policy: "default";q=100;w=2` and `RateLimit: "default";r=42;t=1` (draft-ietf-httpapi-ratelimit-headers,
/// structured fields of RFC 9651).
void addStandardFields(http::HeaderList& headers, const Quota& quota);
/// `X-RateLimit-Limit: 100`, `X-RateLimit-Remaining: 42`, `X-RateLimit-Reset: 1` (seconds from now).
void addLegacyFields(http::HeaderList& headers, const Quota& quota);
/// RFC 9110 section 10.2.3; nothing when the quota has none.
void addRetryAfter(http::HeaderList& headers, const Quota& quota);

}  // namespace headgate::filters::ratelimit
