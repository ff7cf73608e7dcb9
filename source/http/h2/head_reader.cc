#include "source/http/h2/head_reader.h"

#include <string>
#include <utility>

#include "source/base/strings.h"
#include "source/http/authority.h"
#include "source/http/characters.h"
#include "source/http/path.h"
#include "source/http/underscores.h"

namespace headgate::http::h2 {
namespace {

using base::ErrorCode;
using base::ErrorSource;

static_assert(static_cast<unsigned>(HeaderName::XRequestId) < 32, "FieldReader::seen_ has a bit for each name");

constexpr std::string_view kCookie = "cookie";

constexpr bool isSpace(char c) { return c == ' ' || c == '\t'; }

// RFC 9113 section 8.2.1: lower-case, beyond being a token.
bool isName(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    if (lowerToken(c) != c || c == '\0') return false;
  }
  return true;
}

bool isValue(std::string_view value) {
  if (value.empty()) return true;
  const char* const end = value.data() + value.size();
  return !isSpace(value.front()) && !isSpace(value.back()) && skipFieldValue(value.data(), end) == end;
}

base::Status fail(ErrorCode code, std::string message) {
  return base::fail(code, ErrorSource::Downstream, std::move(message));
}

}  // namespace

// ---- all blocks

void FieldReader::refuse(ErrorCode code, std::string message) {
  if (std::exchange(failed_, true)) return;
  error_ = {side_ == ErrorSource::Upstream ? ErrorCode::UpstreamProtocol : code, side_, false, std::move(message)};
}

base::Status FieldReader::takeError() {
  if (!failed_) return {};
  return tl::unexpected(std::move(error_));
}

bool FieldReader::admit(std::string_view name, std::string_view value) {
  size_ += name.size() + value.size() + 32;
  if (failed_) return false;
  if (size_ > limits_.maxBytes) {
    refuse(ErrorCode::HeadersTooLarge, "the header list is longer than " + std::to_string(limits_.maxBytes) + " bytes");
  } else if (!name.empty() && name.front() == ':') {
    // whatever it may hold is checked where its meaning is known
  } else if (count_++ == limits_.maxFields) {
    refuse(ErrorCode::HeadersTooLarge, "more than " + std::to_string(limits_.maxFields) + " fields");
  } else if (!isName(name)) {
    refuse(ErrorCode::BadRequest, "the field name " + inQuotes(name) + " is no lower-case token");
  } else if (!isValue(value)) {
    refuse(ErrorCode::BadRequest,
           "the value of " + inQuotes(name) + " holds a control character or white space at an end");
  }
  return !failed_;
}

void FieldReader::regular(std::string_view name, std::string_view value) {
  anyRegular_ = true;
  const HeaderName id = headerName(name);
  if (id != HeaderName::Other) return known(id, value);
  if (!keepsName(name)) return;
  if (name == kCookie) ++cookies_;
  headers_.add(id, copy(name), copy(value));
}

bool FieldReader::keepsName(std::string_view name) {
  if (side_ != base::ErrorSource::Downstream) return true;
  const NameVerdict verdict = judgeName(name, limits_.underscores);
  if (verdict == NameVerdict::Refuse)
    refuse(ErrorCode::BadRequest, "the field name " + inQuotes(name) + " holds an underscore");
  return verdict == NameVerdict::Keep;
}

void FieldReader::known(HeaderName id, std::string_view value) {
  const uint8_t rules = http::facts(id);
  if (has(id) && (rules & (kSingleton | kFraming)) != 0) {
    return refuse(ErrorCode::BadRequest, "more than one " + std::string(text(id)) + " field");
  }
  seen_ |= uint32_t{1} << static_cast<unsigned>(id);
  if ((rules & (kHopByHop | kFraming)) == 0) return headers_.add(id, copy(value));

  if (id == HeaderName::Connection || id == HeaderName::KeepAlive || id == HeaderName::ProxyConnection ||
      id == HeaderName::TransferEncoding || id == HeaderName::Upgrade) {
    refuse(ErrorCode::BadRequest, std::string(text(id)) + " has no place in HTTP/2");
  } else if (id == HeaderName::Te) {
    if (!base::equalsIgnoreCase(value, "trailers"))
      refuse(ErrorCode::BadRequest, "te is " + inQuotes(value) + ", expected \"trailers\"");
  } else if (id == HeaderName::ContentLength) {
    contentLength_ = base::parseDecimal(value);
    if (!contentLength_)
      refuse(ErrorCode::BadRequest, "content-length is " + inQuotes(value) + ", expected one number of 64 bits");
  } else if (id == HeaderName::Host) {
    host_ = copy(value);
  } else if (id == HeaderName::Expect) {
    base::forEachListElement(value, [&](std::string_view expectation) {
      (base::equalsIgnoreCase(expectation, "100-continue") ? expectContinue_ : expectOther_) = true;
    });
  }
}

void FieldReader::joinCookies() {
  if (cookies_ < 2) return;
  size_t size = 0;
  for (const Header& header : headers_) size += header.name == kCookie ? header.value.size() + 2 : 0;
  char* const joined = headers_.arena().array<char>(size);
  char* at = joined;
  for (const Header& header : headers_) {
    if (header.name != kCookie) continue;
    if (at != joined) at += std::string_view("; ").copy(at, 2);
    at += header.value.copy(at, header.value.size());
  }
  headers_.set(kCookie, {joined, static_cast<size_t>(at - joined)});
}

// ---- requests

void RequestReader::field(std::string_view name, std::string_view value) {
  if (!admit(name, value)) return;
  name.front() == ':' ? pseudo(name, value) : regular(name, value);
}

void RequestReader::pseudo(std::string_view name, std::string_view value) {
  const uint8_t bit = name == ":method"      ? kMethod
                      : name == ":scheme"    ? kScheme
                      : name == ":authority" ? kAuthority
                      : name == ":path"      ? kPath
                      : name == ":protocol"  ? kProtocol
                                             : 0;
  if (bit == 0) return refuse(ErrorCode::BadRequest, "the pseudo-header field " + inQuotes(name) + " of a request");
  if (anyRegular_) return refuse(ErrorCode::BadRequest, inQuotes(name) + " behind a field");
  if ((pseudos_ & bit) != 0) return refuse(ErrorCode::BadRequest, "more than one " + std::string(name));
  pseudos_ |= bit;
  if (bit == kMethod) {
    head_.method = parseMethod(value);
    head_.methodText = head_.method == Method::Other ? copy(value) : text(head_.method);
    if (!isToken(value)) refuse(ErrorCode::BadRequest, ":method is " + inQuotes(value) + ", expected a token");
  } else if (bit == kScheme) {
    const bool https = base::equalsIgnoreCase(value, "https");
    if (!https && !base::equalsIgnoreCase(value, "http"))
      refuse(ErrorCode::BadRequest, ":scheme is " + inQuotes(value) + ", expected http or https");
    head_.scheme = https ? "https" : "http";
  } else if (bit == kAuthority) {
    authority_ = copy(value);
  } else if (bit == kPath) {
    head_.path = path_ = copy(value);  // until it is normalised
  } else {
    char* const lowered = headers_.arena().array<char>(value.size());
    for (size_t i = 0; i < value.size(); ++i) lowered[i] = base::lower(value[i]);
    head_.protocol = {lowered, value.size()};
    if (!isToken(value)) refuse(ErrorCode::BadRequest, ":protocol is " + inQuotes(value) + ", expected a token");
  }
}

base::Status RequestReader::finish(bool end) {
  head_.version = Version::Http2;
  if (failed()) return takeError();
  joinCookies();
  head_.contentLength = contentLength_;
  const uint8_t missing = static_cast<uint8_t>(kMethod | kScheme | kPath) & static_cast<uint8_t>(~pseudos_);
  if ((missing & kMethod) != 0) return fail(ErrorCode::BadRequest, "a request without :method");
  if (head_.method == Method::Connect) {
    if (auto status = finishConnect(end); !status) return status;
  } else if ((pseudos_ & kProtocol) != 0) {
    return fail(ErrorCode::BadRequest, ":protocol of a request that is no CONNECT");
  }
  if ((missing & kScheme) != 0) return fail(ErrorCode::BadRequest, "a request without :scheme");
  if ((missing & kPath) != 0) return fail(ErrorCode::BadRequest, "a request without :path");
  if (auto status = finishTarget(); !status) return status;
  if (end && contentLength_.value_or(0) > 0)
    return fail(ErrorCode::BadRequest, "content-length of a request without a body");
  if (!end && head_.method == Method::Trace) return fail(ErrorCode::BadRequest, "TRACE with a body");
  if (expectOther_) return fail(ErrorCode::ExpectationFailed, "expect holds more than 100-continue");
  head_.expectContinue = expectContinue_ && !end;
  return {};
}

base::Status RequestReader::finishConnect(bool end) {
  if ((pseudos_ & kProtocol) == 0) return fail(ErrorCode::MethodNotAllowed, "CONNECT: this is no tunnel");
  if (end) return fail(ErrorCode::BadRequest, "an extended CONNECT that has ended already");
  if (contentLength_) return fail(ErrorCode::BadRequest, "content-length of an extended CONNECT");
  head_.method = Method::Get;
  head_.methodText = text(Method::Get);
  return {};
}

base::Status RequestReader::finishTarget() {
  const auto read = [](std::string_view text) {
    return readAuthority(const_cast<char*>(text.data()), text.size());
  };  // our own copy
  if ((pseudos_ & kAuthority) == 0 && !has(HeaderName::Host))
    return fail(ErrorCode::BadRequest, "a request without :authority and host");
  if (has(HeaderName::Host)) {
    auto host = read(host_);
    if (!host) return fail(ErrorCode::BadRequest, "host is malformed: " + host.error().message);
    head_.authority = *host;
  }
  if ((pseudos_ & kAuthority) != 0) {
    auto authority = read(authority_);
    if (!authority) return fail(ErrorCode::BadRequest, ":authority is malformed: " + authority.error().message);
    if (has(HeaderName::Host) && !sameAuthority(*authority, head_.authority, head_.scheme)) {
      return fail(ErrorCode::BadRequest,
                  "host is " + inQuotes(head_.authority) + " but :authority is " + inQuotes(*authority));
    }
    head_.authority = *authority;
  }
  if (path_ == "*" && head_.method == Method::Options) return {};
  if (path_.empty()) return fail(ErrorCode::BadRequest, ":path is empty");
  auto path = normalizeTarget(path_, headers_.arena(), limits_.path);
  if (!path) return tl::unexpected(std::move(path.error()));
  head_.path = *path;
  head_.rawPath = path_;
  return {};
}

// ---- responses and trailers

void ResponseReader::field(std::string_view name, std::string_view value) {
  if (!admit(name, value)) return;
  if (name.front() != ':') return regular(name, value);
  if (name != ":status")
    return refuse(ErrorCode::UpstreamProtocol, "the pseudo-header field " + inQuotes(name) + " of a response");
  if (anyRegular_ || head_.status != 0)
    return refuse(ErrorCode::UpstreamProtocol, ":status repeated or behind a field");
  const auto status = value.size() == 3 ? base::parseDecimal(value) : std::nullopt;
  if (!status || *status < 100 || *status > 599 || *status == 101) {
    return refuse(ErrorCode::UpstreamProtocol, ":status is " + inQuotes(value) + ", expected 100 to 599 but 101");
  }
  head_.status = static_cast<uint16_t>(*status);
}

base::Status ResponseReader::finish() {
  head_.version = Version::Http2;
  if (head_.status == 0) refuse(ErrorCode::UpstreamProtocol, "a response without :status");
  if (contentLength_ && (head_.status < 200 || head_.status == 204)) {
    // Many backends say the 0 of a 204, which is redundant and harmless.
    if (head_.status != 204 || *contentLength_ != 0)
      refuse(ErrorCode::UpstreamProtocol, "content-length in a response of status " + std::to_string(head_.status));
  } else {
    head_.contentLength = contentLength_;
  }
  return takeError();
}

void TrailerReader::field(std::string_view name, std::string_view value) {
  if (!admit(name, value)) return;
  if (name.front() == ':')
    return refuse(ErrorCode::BadRequest, "the pseudo-header field " + inQuotes(name) + " in a trailer section");
  const HeaderName id = headerName(name);
  const uint8_t rules = http::facts(id);
  if ((rules & kFraming) != 0) return refuse(ErrorCode::BadRequest, "a trailer is named " + std::string(name));
  if ((rules & (kNotInTrailers | kHopByHop)) != 0) return;
  if (id == HeaderName::Other && !keepsName(name)) return;
  headers_.add(id, id == HeaderName::Other ? copy(name) : text(id), copy(value));
}

}  // namespace headgate::http::h2
