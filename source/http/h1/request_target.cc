#include "source/http/h1/request_target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "source/base/strings.h"
#include "source/http/characters.h"
#include "source/http/path.h"

namespace headgate::http::h1 {
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

// Whether two canonical authorities are the same for `scheme`, whose default port may be left out.
bool sameAuthority(std::string_view a, std::string_view b, std::string_view scheme) {
  const std::string_view defaultPort = scheme == "https" ? ":443" : ":80";
  if (a.ends_with(defaultPort)) a.remove_suffix(defaultPort.size());
  if (b.ends_with(defaultPort)) b.remove_suffix(defaultPort.size());
  return a == b;
}

base::Result<std::string_view> readOwned(std::string_view text) {
  return readAuthority(const_cast<char*>(text.data()), text.size());  // the message's own copy, which is not const
}

base::Status setPath(std::string_view target, MessageHead& head) {
  auto path = normalizeTarget(target, head.headers.arena());
  if (!path) return tl::unexpected(std::move(path.error()));
  head.path = *path;
  return {};
}

// The part behind the authority of an absolute-form target may lack its path (RFC 9112 sections 3.2.1 and 3.2.4).
base::Status setPathOfAbsolute(std::string_view rest, MessageHead& head) {
  if (rest.empty()) {
    head.path = head.method == Method::Options ? "*" : "/";
    return {};
  }
  if (rest.front() == '/') return setPath(rest, head);
  char* path = head.headers.arena().array<char>(rest.size() + 1);
  path[0] = '/';
  rest.copy(path + 1, rest.size());
  return setPath({path, rest.size() + 1}, head);
}

base::Status readAbsolute(std::string_view scheme, std::string_view rest, MessageHead& head) {
  const size_t authoritySize = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = readOwned(rest.substr(0, authoritySize));
  if (!authority) return tl::unexpected(std::move(authority.error()));
  if (!head.authority.empty() && !sameAuthority(*authority, head.authority, scheme)) {
    return refuse("Host is " + inQuotes(head.authority) + " but the request target is for " + inQuotes(*authority));
  }
  head.authority = *authority;
  return setPathOfAbsolute(rest.substr(authoritySize), head);
}

base::Status readHost(const FieldFacts& fields, MessageHead& head) {
  if (!fields.has(HeaderName::Host)) {
    if (head.version == Version::Http10) return {};
    return refuse("an HTTP/1.1 request without Host");
  }
  auto authority = readOwned(fields.host);
  if (!authority) return refuse("Host is malformed: " + authority.error().message);
  head.authority = *authority;
  return {};
}

}  // namespace

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

base::Status readTarget(std::string_view target, const FieldFacts& fields, MessageHead& head) {
  if (auto status = readHost(fields, head); !status) return status;
  if (target.front() == '/') return setPath(target, head);
  if (target == "*") {
    if (head.method != Method::Options) return refuse("the request target \"*\" is for OPTIONS alone");
    head.path = "*";
    return {};
  }
  const size_t schemeSize = target.find("://");
  if (schemeSize != std::string_view::npos) {
    const std::string_view scheme = target.substr(0, schemeSize);
    const std::string_view rest = target.substr(schemeSize + 3);
    if (base::equalsIgnoreCase(scheme, "http")) return readAbsolute("http", rest, head);
    if (base::equalsIgnoreCase(scheme, "https")) return readAbsolute("https", rest, head);
  }
  return refuse("the request target " + inQuotes(target) + " is neither a path nor an http or https URL");
}

}  // namespace headgate::http::h1
