#include "source/http/message.h"

#include <array>

namespace headgate::http {
namespace {
// In the order of the enum.
constexpr std::array<std::string_view, 10> kMethods{"",       "GET",     "HEAD",    "POST",  "PUT",
                                                    "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
}  // namespace

std::string_view text(Version version) {
  switch (version) {
    case Version::Http10: return "HTTP/1.0";
    case Version::Http11: return "HTTP/1.1";
    case Version::Http2: return "HTTP/2";
  }
  return {};
}

void MessageHead::assign(const MessageHead& other) {
  method = other.method;
  methodText = other.methodText;
  scheme = other.scheme;
  authority = other.authority;
  path = other.path;
  protocol = other.protocol;
  expectContinue = other.expectContinue;
  status = other.status;
  version = other.version;
  headers.removeIf([](const Header&) { return true; });
  other.headers.copyTo(headers);
  keepCase = other.keepCase;
  contentLength = other.contentLength;
  wireBytes = other.wireBytes;
}

Method parseMethod(std::string_view text) {
  for (size_t i = 1; i < kMethods.size(); ++i) {
    if (kMethods[i] == text) return static_cast<Method>(i);
  }
  return Method::Other;
}

std::string_view text(Method method) { return kMethods[static_cast<size_t>(method)]; }

bool isIdempotent(Method method) {
  switch (method) {
    case Method::Get:
    case Method::Head:
    case Method::Options:
    case Method::Trace:
    case Method::Put:
    case Method::Delete: return true;
    case Method::Other:
    case Method::Post:
    case Method::Connect:
    case Method::Patch: return false;
  }
  return false;
}

}  // namespace headgate::http
