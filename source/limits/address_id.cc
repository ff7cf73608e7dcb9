#include "source/limits/address_id.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "source/config/errors.h"
#include "source/net/address.h"

namespace headgate::limits {
namespace {

constexpr std::string_view kGroup = "/64";
constexpr size_t kGroupWords = 4;

/// The address that `text` has between prefix and group; empty if it has none.
net::IpAddress addressIn(std::string_view text) {
  text.remove_prefix(kAddressPrefix.size());
  if (text.ends_with(kGroup)) text.remove_suffix(kGroup.size());
  const auto address = net::IpAddress::parse(text, 0);
  return address ? *address : net::IpAddress();
}

/// The /64 of an address without "/64". Its last four words are zero, so that RFC 5952 shortens just them and the zeros
/// before them, which inet_ntop would find too, by way of printf.
char* writeGroup(char* to, const uint8_t* bytes) {
  size_t words = kGroupWords;
  while (words > 0 && bytes[2 * words - 2] == 0 && bytes[2 * words - 1] == 0) --words;
  if (words == 0) *to++ = ':';
  for (size_t i = 0; i < words; ++i) {
    to = std::to_chars(to, to + 4, bytes[2 * i] << 8 | bytes[2 * i + 1], 16).ptr;
    *to++ = ':';
  }
  *to++ = ':';
  return to;
}

}  // namespace

AddressId::AddressId(const net::IpAddress& address) {
  const auto append = [this](std::string_view piece) {
    std::memcpy(text_.data() + size_, piece.data(), piece.size());
    size_ += piece.size();
  };
  append(address.empty() ? kUnixId : kAddressPrefix);
  if (address.empty()) return;
  const auto* six = reinterpret_cast<const sockaddr_in6*>(address.sockaddrPtr());
  if (address.family() == AF_INET || IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
    size_ += address.writeHost(text_.data() + size_);
    return;
  }
  size_ = static_cast<size_t>(writeGroup(text_.data() + size_, six->sin6_addr.s6_addr) - text_.data());
  append(kGroup);
}

std::optional<std::string> problemOfAddressId(std::string_view id) {
  if (!id.starts_with(kAddressPrefix) || id == kUnixId) return std::nullopt;
  const net::IpAddress address = addressIn(id);
  if (address.empty()) {
    return fmt::format(
        "expected an address after \"ip:\", such as \"ip:203.0.113.7\" or \"ip:2001:db8:1:2::/64\", got {}",
        config::quotedText(id));
  }
  const AddressId canonical(address);
  if (canonical.text() == id) return std::nullopt;
  return fmt::format("expected the form that requests are looked up by, {}, got {}",
                     config::quotedText(canonical.text()), config::quotedText(id));
}

}  // namespace headgate::limits
