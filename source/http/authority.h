#pragma once
// Whom a message is for: host[:port] in one canonical spelling, whatever the protocol that it came by.

#include <cstddef>
#include <string_view>

#include "source/base/error.h"

namespace headgate::http {

/// Validates `host[:port]` and lower-cases it in place; an empty port loses its colon. The host is an [IPv6] address or
/// a name: RFC 3986 section 3.2.2 without percent-encoding, which no DNS name needs and which would give one host
/// several spellings. The port is 0..65535. An empty host, user information and zone ids are refused. BadRequest.
[[nodiscard]] base::Result<std::string_view> readAuthority(char* text, size_t size);

/// Whether two canonical authorities are the same for `scheme` ("http" or "https"), whose default port may be left out.
[[nodiscard]] bool sameAuthority(std::string_view a, std::string_view b, std::string_view scheme);

}  // namespace headgate::http
