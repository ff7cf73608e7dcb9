#include "source/net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "source/base/strings.h"

namespace headgate::net {
namespace {

/// inet_ntop formats through printf, which a proxy that logs every peer would feel.
size_t writeV4(char* to, const uint8_t* bytes) {
  char* at = to;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at = std::to_chars(at, at + 3, bytes[i]).ptr;
  }
  return static_cast<size_t>(at - to);
}

base::Error badAddress(std::string_view text) {
  return {
      base::ErrorCode::Config, base::ErrorSource::Config, false,
      fmt::format(R"(expected an address such as "127.0.0.1:8080", "[::1]:8080", ":8080" or "unix:/path", got "{}")",
                  text)};
}

}  // namespace

IpAddress::IpAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    std::memcpy(&storage_, address, sizeof(sockaddr_in));
  } else if (address->sa_family == AF_INET6) {
    std::memcpy(&storage_, address, sizeof(sockaddr_in6));
    storage_.sin6_flowinfo = 0;
  }
}

base::Result<IpAddress> IpAddress::parse(std::string_view ip, uint16_t port) {
  auto result = fromText(ip);
  if (!result) return tl::unexpected(badAddress(ip));
  result->storage_.sin6_port = htons(port);
  return *result;
}

std::optional<IpAddress> IpAddress::fromText(std::string_view ip) {
  if (ip.size() >= 2 && ip.front() == '[' && ip.back() == ']') ip = ip.substr(1, ip.size() - 2);
  char text[INET6_ADDRSTRLEN];
  if (ip.size() >= sizeof(text) || ip.find('\0') != std::string_view::npos) return std::nullopt;
  text[ip.copy(text, ip.size())] = '\0';
  IpAddress result;
  sockaddr_in v4{};
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    std::memcpy(&result.storage_, &v4, sizeof(v4));
    return result;
  }
  if (inet_pton(AF_INET6, text, &result.storage_.sin6_addr) != 1) return std::nullopt;
  result.storage_.sin6_family = AF_INET6;
  return result;
}

IpAddress IpAddress::unmapped() const {
  if (family() != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&storage_.sin6_addr)) return *this;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = storage_.sin6_port;
  std::memcpy(&v4.sin_addr, &storage_.sin6_addr.s6_addr[12], sizeof(v4.sin_addr));
  return IpAddress(reinterpret_cast<const sockaddr*>(&v4));
}

// sin_port and sin6_port are at the same place.
uint16_t IpAddress::port() const { return empty() ? 0 : ntohs(storage_.sin6_port); }

bool IpAddress::isLoopback() const {
  if (family() == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage_, sizeof(v4));
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  return family() == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&storage_.sin6_addr);
}

size_t IpAddress::writeHost(char* to) const {
  if (empty()) return 0;
  if (family() == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &storage_, sizeof(v4));
    return writeV4(to, reinterpret_cast<const uint8_t*>(&v4.sin_addr));
  }
  if (IN6_IS_ADDR_V4MAPPED(&storage_.sin6_addr)) return writeV4(to, &storage_.sin6_addr.s6_addr[12]);
  const char* written = inet_ntop(AF_INET6, &storage_.sin6_addr, to, INET6_ADDRSTRLEN);
  return written == nullptr ? 0 : std::strlen(written);
}

std::string IpAddress::host() const {
  char text[INET6_ADDRSTRLEN];
  return {text, writeHost(text)};
}

std::string IpAddress::text() const {
  if (empty()) return {};
  const std::string name = host();
  return name.find(':') == std::string::npos ? fmt::format("{}:{}", name, port())
                                             : fmt::format("[{}]:{}", name, port());
}

bool operator==(const IpAddress& a, const IpAddress& b) {
  if (a.family() != b.family() || a.port() != b.port()) return false;
  return a.empty() || std::memcmp(&a.storage_, &b.storage_, a.sockaddrSize()) == 0;
}

base::Result<Address> Address::parse(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  Address address;
  if (text.substr(0, kUnix.size()) == kUnix) {
    address.path_ = text.substr(kUnix.size());
    if (address.path_.empty() || address.path_.size() >= sizeof(sockaddr_un::sun_path) ||
        address.path_.find('\0') != std::string::npos) {
      return base::fail(base::ErrorCode::Config, base::ErrorSource::Config,
                        fmt::format("expected a Unix socket path of 1 to {} bytes, got \"{}\"",
                                    sizeof(sockaddr_un::sun_path) - 1, text));
    }
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return tl::unexpected(badAddress(text));
  const auto port = base::parseDecimal(text.substr(colon + 1));
  const std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (!port || *port > 65535 || (host.find(':') != std::string_view::npos && !bracketed)) {
    return tl::unexpected(badAddress(text));
  }
  const auto ip = IpAddress::parse(host.empty() ? "0.0.0.0" : host, static_cast<uint16_t>(*port));
  if (!ip) return tl::unexpected(badAddress(text));
  address.ip_ = *ip;
  return address;
}

std::string Address::text() const { return isUnix() ? "unix:" + path_ : ip_.text(); }

socklen_t Address::fill(sockaddr_storage& storage) const {
  std::memset(&storage, 0, sizeof(storage));
  if (!isUnix()) {
    std::memcpy(&storage, ip_.sockaddrPtr(), ip_.sockaddrSize());
    return ip_.sockaddrSize();
  }
  sockaddr_un unixAddress{};
  unixAddress.sun_family = AF_UNIX;
  std::memcpy(unixAddress.sun_path, path_.data(), path_.size());
  std::memcpy(&storage, &unixAddress, sizeof(unixAddress));
  return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path_.size() + 1);
}

}  // namespace headgate::net
