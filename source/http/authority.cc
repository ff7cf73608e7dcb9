#include "source/http/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "source/base/strings.h"
#include "source/http/characters.h"

namespace headgate::http {
namespace {

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::BadRequest, base::ErrorSource::Downstream, std::move(message));
}

bool isIpv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated;
  if (text.size() >= terminated.size()) return false;
  *std::copy(text.begin(), text.end(), terminated.begin()) = '\0';
  in6_addr address;
  return inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

bool isPort(std::string_view digits) {
  return digits.size() <= 5 && base::parseDecimal(digits).value_or(65536) <= 65535;
}

// Where the host ends: behind the bracket of an address, or at the first byte that no name may hold. Lower-cases it.
char* lowerHostName(char* at, char* end) {
  if (at != end && *at == '[') {
    while (at != end && *at != ']') {
      *at = base::lower(*at);
      ++at;
    }
    return at == end ? at : at + 1;
  }
  while (at != end && lowerHost(*at) != 0) {
    *at = lowerHost(*at);
    ++at;
  }
  return at;
}

}  // namespace

bool sameAuthority(std::string_view a, std::string_view b, std::string_view scheme) {
  const std::string_view defaultPort = scheme == "https" ? ":443" : ":80";
  if (a.ends_with(defaultPort)) a.remove_suffix(defaultPort.size());
  if (b.ends_with(defaultPort)) b.remove_suffix(defaultPort.size());
  return a == b;
}

base::Result<std::string_view> readAuthority(char* text, size_t size) {
  char* const end = text + size;
  char* const hostEnd = lowerHostName(text, end);
  const std::string_view all(text, size);
  const std::string_view host(text, static_cast<size_t>(hostEnd - text));
  if (host.empty()) return refuse("there is no host in " + inQuotes(all));
  if (host.front() == '[' && (host.back() != ']' || !isIpv6(host.substr(1, host.size() - 2)))) {
    return refuse(inQuotes(host) + " is no IPv6 address");
  }
  if (hostEnd == end) return host;
  if (all.find('@') != std::string_view::npos) return refuse("user information before a host");
  if (*hostEnd != ':') return refuse("a host cannot hold " + inQuotes({hostEnd, 1}));
  const std::string_view port = all.substr(host.size() + 1);
  if (port.empty()) return host;  // RFC 3986 section 6.2.3
  if (!isPort(port)) return refuse("the port is " + inQuotes(port) + ", expected 0 to 65535");
  return all;
}

}  // namespace headgate::http
