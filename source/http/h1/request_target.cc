#include "source/http/h1/request_target.h"

#include <algorithm>
#include <utility>

#include "source/base/strings.h"
#include "source/http/authority.h"
#include "source/http/characters.h"
#include "source/http/path.h"

namespace headgate::http::h1 {
namespace {

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::BadRequest, base::ErrorSource::Downstream, std::move(message));
}

base::Result<std::string_view> readOwned(std::string_view text) {
  return readAuthority(const_cast<char*>(text.data()), text.size());  // the message's own copy, which is not const
}

base::Status setPath(std::string_view target, const PathRules& rules, MessageHead& head) {
  auto path = normalizeTarget(target, head.headers.arena(), rules);
  if (!path) return tl::unexpected(std::move(path.error()));
  head.path = *path;
  head.rawPath = target;
  return {};
}

// The part behind the authority of an absolute-form target may lack its path (RFC 9112 sections 3.2.1 and 3.2.4).
base::Status setPathOfAbsolute(std::string_view rest, const PathRules& rules, MessageHead& head) {
  if (rest.empty()) {
    head.path = head.method == Method::Options ? "*" : "/";
    return {};
  }
  if (rest.front() == '/') return setPath(rest, rules, head);
  char* path = head.headers.arena().array<char>(rest.size() + 1);
  path[0] = '/';
  rest.copy(path + 1, rest.size());
  return setPath({path, rest.size() + 1}, rules, head);
}

base::Status readAbsolute(std::string_view scheme, std::string_view rest, const PathRules& rules, MessageHead& head) {
  const size_t authoritySize = std::min(rest.find_first_of("/?#"), rest.size());
  auto authority = readOwned(rest.substr(0, authoritySize));
  if (!authority) return tl::unexpected(std::move(authority.error()));
  if (!head.authority.empty() && !sameAuthority(*authority, head.authority, scheme)) {
    return refuse("Host is " + inQuotes(head.authority) + " but the request target is for " + inQuotes(*authority));
  }
  head.authority = *authority;
  return setPathOfAbsolute(rest.substr(authoritySize), rules, head);
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

base::Status readTarget(std::string_view target, const FieldFacts& fields, const PathRules& rules, MessageHead& head) {
  if (auto status = readHost(fields, head); !status) return status;
  if (target.front() == '/') return setPath(target, rules, head);
  if (target == "*") {
    if (head.method != Method::Options) return refuse("the request target \"*\" is for OPTIONS alone");
    head.path = "*";
    return {};
  }
  const size_t schemeSize = target.find("://");
  if (schemeSize != std::string_view::npos) {
    const std::string_view scheme = target.substr(0, schemeSize);
    const std::string_view rest = target.substr(schemeSize + 3);
    if (base::equalsIgnoreCase(scheme, "http")) return readAbsolute("http", rest, rules, head);
    if (base::equalsIgnoreCase(scheme, "https")) return readAbsolute("https", rest, rules, head);
  }
  return refuse("the request target " + inQuotes(target) + " is neither a path nor an http or https URL");
}

}  // namespace headgate::http::h1
