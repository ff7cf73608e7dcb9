#pragma once
// The id of a client that is known by its address alone.

#include <netinet/in.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::net {
class IpAddress;
}

namespace headgate::limits {

/// What all such ids begin with. A header value that begins so is never looked up as an id: a client could name
/// another's address.
inline constexpr std::string_view kAddressPrefix = "ip:";
/// A client on a Unix socket.
inline constexpr std::string_view kUnixId = "ip:unix";

/// The id of an address without allocating: "ip:203.0.113.7", or "ip:2001:db8:1:2::/64", since a host gets a /64 and
/// may take any address in it. An IPv4 address mapped into IPv6 is the IPv4 address. An empty address (a Unix peer) is
/// kUnixId.
class AddressId {
 public:
  explicit AddressId(const net::IpAddress& address);
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, INET6_ADDRSTRLEN + 8> text_;
  size_t size_ = 0;
};

/// For an id with the prefix: whether it is one that AddressId makes; the message names the form that was meant.
/// Others: nothing.
[[nodiscard]] std::optional<std::string> problemOfAddressId(std::string_view id);

}  // namespace headgate::limits
