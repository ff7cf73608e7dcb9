#pragma once
// Whom a request is from, when proxies in front say so.

#include <cstdint>
#include <optional>

#include "source/http/header_list.h"
#include "source/net/address.h"

namespace headgate::proxy {

/// The address that the outermost of `hops` trusted proxies in front saw: the element of X-Forwarded-For at that place
/// from the right, over all its lines. Each proxy appends whom it was asked by, so what stands further left is the
/// client's claim and never looked at. An element may have a port
/// ("1.2.3.4:80", "[::1]:80"), which is dropped; an IPv4-mapped IPv6 address counts as IPv4. Empty when there are fewer
/// elements than hops (the request did not pass all of the proxies) or the one in question is no address ("unknown"):
/// then nothing can be believed. Allocates nothing.
[[nodiscard]] std::optional<net::IpAddress> forwardedClient(const http::HeaderList& headers, uint32_t hops);

/// The scheme that the client used, from X-Forwarded-Proto of a trusted proxy: "http" or "https"; empty when it says
/// neither, or there are several lines.
[[nodiscard]] std::string_view forwardedScheme(const http::HeaderList& headers);

}  // namespace headgate::proxy
