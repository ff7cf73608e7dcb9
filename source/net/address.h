#pragma once
// Socket addresses as small values.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "source/base/error.h"

namespace headgate::net {

/// An IPv4 or IPv6 address with port, or nothing (a Unix peer has none). 28 bytes, copied freely.
class IpAddress {
 public:
  IpAddress() = default;
  explicit IpAddress(const sockaddr* address);

  /// "1.2.3.4", "::1" or "[::1]" with a port of its own.
  [[nodiscard]] static base::Result<IpAddress> parse(std::string_view ip, uint16_t port);

  /// The same without a port and without an error to format: for addresses in messages. Allocates nothing.
  [[nodiscard]] static std::optional<IpAddress> fromText(std::string_view ip);

  [[nodiscard]] int family() const { return storage_.sin6_family; }  ///< AF_INET, AF_INET6 or AF_UNSPEC (empty)
  [[nodiscard]] bool empty() const { return family() == AF_UNSPEC; }
  [[nodiscard]] uint16_t port() const;
  [[nodiscard]] bool isLoopback() const;
  /// IPv4 for an IPv4-mapped IPv6 address; any other as it is.
  [[nodiscard]] IpAddress unmapped() const;
  [[nodiscard]] const sockaddr* sockaddrPtr() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t sockaddrSize() const {
    return family() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  }

  /// "1.2.3.4" or "2001:db8::1"; an IPv4-mapped IPv6 address prints as IPv4. Empty: "".
  [[nodiscard]] std::string host() const;
  /// "1.2.3.4:80" or "[2001:db8::1]:80".
  [[nodiscard]] std::string text() const;
  /// Writes host() without allocating; returns the length. `to` holds at least INET6_ADDRSTRLEN (46) bytes.
  size_t writeHost(char* to) const;

  friend bool operator==(const IpAddress& a, const IpAddress& b);

 private:
  sockaddr_in6 storage_{};  ///< holds a sockaddr_in when family() is AF_INET
};

/// What a listener binds to or an endpoint connects to: an IP address with port, or a Unix socket path.
class Address {
 public:
  Address() = default;
  explicit Address(const IpAddress& ip) : ip_(ip) {}

  /// "1.2.3.4:80", "[::1]:80", ":80" (all IPv4 addresses), "unix:/path". Host names are not accepted here.
  [[nodiscard]] static base::Result<Address> parse(std::string_view text);

  [[nodiscard]] bool isUnix() const { return !path_.empty(); }
  [[nodiscard]] const IpAddress& ip() const { return ip_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] int family() const { return isUnix() ? AF_UNIX : ip_.family(); }
  /// The form that `parse` reads.
  [[nodiscard]] std::string text() const;
  /// Fills `storage` for bind() or connect(); returns the size.
  socklen_t fill(sockaddr_storage& storage) const;

  friend bool operator==(const Address& a, const Address& b) { return a.path_ == b.path_ && a.ip_ == b.ip_; }

 private:
  IpAddress ip_;
  std::string path_;
};

}  // namespace headgate::net
