#pragma once
// Which client a request belongs to: the rule, and what it makes of a request.

#include <string>
#include <string_view>
#include <vector>

#include "source/base/arena.h"
#include "source/config/object.h"
#include "source/http/header_list.h"
#include "source/net/address.h"

namespace headgate::limits {

/// One element of a `client_key`: a header whose value is the client's id, or the remote address.
struct KeySource {
  std::string header;  ///< lower-case; empty: the remote address
  http::HeaderName headerId = http::HeaderName::Other;

  [[nodiscard]] bool isAddress() const { return header.empty(); }
  friend bool operator==(const KeySource&, const KeySource&) = default;
};

/// In this order: the first that a request has names its client. Never empty.
using KeySources = std::vector<KeySource>;

/// `X-Client-ID`, else the address.
[[nodiscard]] KeySources defaultKeySources();

/// Reads `[{"header": "X-Client-ID"}, "remote_address"]`; absent: `fallback`. Mistakes go to the object's errors. Main
/// thread.
[[nodiscard]] KeySources readKeySources(config::Object& object, std::string_view key, KeySources fallback);

/// Who a request says it comes from.
struct ClientKey {
  enum class Kind : uint8_t {
    Named,     ///< `id` is the header's value
    Address,   ///< `id` is that of the address
    Reserved,  ///< the header's value begins with "ip:", as only ids of addresses may; `id` has a space before it,
               ///< which no record's id has, nor any value
    Unusable,  ///< the header's value is too long for an id or not printable ASCII, or no element of the rule was
               ///< present; `id` is that of the address
  };
  Kind kind;
  std::string_view id;  ///< 1..kMaxIdBytes; lives in the request's arena
};

/// An empty header value counts as absent; of several lines the first counts.
[[nodiscard]] ClientKey clientKeyOf(const KeySources& sources, const http::HeaderList& headers,
                                    const net::IpAddress& address);
/// The id of the address, in the arena.
[[nodiscard]] std::string_view addressId(base::Arena& arena, const net::IpAddress& address);

}  // namespace headgate::limits
