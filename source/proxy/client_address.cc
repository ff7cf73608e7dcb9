#include "source/proxy/client_address.h"

#include "source/base/strings.h"

namespace headgate::proxy {
namespace {

/// The element at `fromRight` (1 = the last) of the lists in all lines together; null view when there are fewer.
std::string_view elementFromRight(const http::HeaderList& headers, uint32_t fromRight) {
  uint32_t left = fromRight;
  for (const http::Header* line = headers.end(); line != headers.begin();) {
    --line;
    if (line->id != http::HeaderName::XForwardedFor) continue;
    std::string_view list = line->value;
    while (true) {
      const size_t comma = list.rfind(',');
      const std::string_view element = base::trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
      if (!element.empty() && --left == 0) return element;  // RFC 9110 section 5.6.1.2: empty ones do not count
      if (comma == std::string_view::npos) break;
      list = list.substr(0, comma);
    }
  }
  return {};
}

/// Without the port; the brackets of an IPv6 address stay.
std::string_view withoutPort(std::string_view element) {
  if (element.starts_with('[')) return element.substr(0, element.find(']') + 1);
  const size_t colon = element.find(':');
  return colon == element.rfind(':') ? element.substr(0, colon) : element;  // several colons: IPv6 without brackets
}

}  // namespace

std::optional<net::IpAddress> forwardedClient(const http::HeaderList& headers, uint32_t hops) {
  if (hops == 0) return std::nullopt;
  const auto address = net::IpAddress::fromText(withoutPort(elementFromRight(headers, hops)));
  if (!address) return std::nullopt;
  return address->unmapped();
}

std::string_view forwardedScheme(const http::HeaderList& headers) {
  std::string_view scheme;
  for (const http::Header& header : headers) {
    if (header.id != http::HeaderName::XForwardedProto) continue;
    if (!scheme.empty()) return {};
    if (base::equalsIgnoreCase(header.value, "https")) {
      scheme = "https";
    } else if (base::equalsIgnoreCase(header.value, "http")) {
      scheme = "http";
    } else {
      return {};
    }
  }
  return scheme;
}

}  // namespace headgate::proxy
