#pragma once
// The key by which the hashing balancers know a request.

#include <optional>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/message.h"
#include "source/upstream/cluster_config.h"

namespace headgate::filters::router {

struct HashKey {
  std::optional<uint64_t> hash;  ///< nothing: the request has no key
  std::string_view newCookie;    ///< value of a Set-Cookie field that gives the client its key; empty: none is due
};

/// `client`: the address for "remote_address". A cookie that is not there is made of `random`, so that the answer can
/// set it. Views live in `arena`.
[[nodiscard]] HashKey hashKeyOf(const upstream::HashKeyConfig& config, const http::MessageHead& head,
                                std::string_view client, base::Arena& arena, uint64_t random);

/// The value of cookie `name` (RFC 6265 section 4.2.1); nothing if it is not there.
[[nodiscard]] std::optional<std::string_view> cookie(const http::MessageHead& head, std::string_view name);

}  // namespace headgate::filters::router
