#pragma once
// The header names that the proxy itself acts upon, as small numbers with facts, so that no one compares strings twice.

#include <cstdint>
#include <string_view>

namespace headgate::http {

/// `Other` is any name that is not listed.
enum class HeaderName : uint8_t {
  Other,
  AcceptEncoding,
  Connection,
  ContentEncoding,
  ContentLength,
  ContentType,
  Date,
  Expect,
  Host,
  KeepAlive,
  ProxyAuthenticate,
  ProxyAuthorization,
  ProxyConnection,
  RetryAfter,
  Server,
  Te,
  Trailer,
  TransferEncoding,
  Upgrade,
  UserAgent,
  Via,
  XClientId,
  XForwardedFor,
  XForwardedHost,
  XForwardedProto,
  XRequestId,
};

/// What is true of a name, as data. RFC 9110 section 7.6.1: hop-by-hop fields are never forwarded.
enum HeaderFact : uint8_t {
  kHopByHop = 1,      ///< removed by an intermediary whether or not Connection names it
  kFraming = 2,       ///< written by the codec from the message's framing, never copied from the other side
  kSingleton = 4,     ///< more than one field line is an error
  kNotInTrailers = 8  ///< RFC 9110 section 6.5.1: dropped from trailers
};

/// `lowerName` must be lower-case.
[[nodiscard]] HeaderName headerName(std::string_view lowerName);
/// The lower-case text; empty for Other.
[[nodiscard]] std::string_view text(HeaderName name);
/// A set of HeaderFact bits.
[[nodiscard]] uint8_t facts(HeaderName name);

}  // namespace headgate::http
