#pragma once
// What a message is to everything above the codecs: the same for HTTP/1.1 and HTTP/2, for requests and responses.

#include <cstdint>
#include <optional>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/header_list.h"

namespace headgate::http {

enum class Version : uint8_t { Http10, Http11, Http2 };
/// "HTTP/1.0", "HTTP/1.1", "HTTP/2".
[[nodiscard]] std::string_view text(Version version);

/// RFC 9110 section 9. `Other` is any further token; `methodText` has it.
enum class Method : uint8_t { Other, Get, Head, Post, Put, Delete, Connect, Options, Trace, Patch };
[[nodiscard]] Method parseMethod(std::string_view text);
[[nodiscard]] std::string_view text(Method method);
/// For Allow: what is served in general. Other methods pass too.
inline constexpr std::string_view kServedMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
/// RFC 9110 section 9.2.2: GET HEAD OPTIONS TRACE PUT DELETE.
[[nodiscard]] bool isIdempotent(Method method);

/// A request or response head. All views live in `headers.arena()` or are static text. The codec fills it, has
/// validated it and has taken the framing fields out (Content-Length is in `contentLength`; Transfer-Encoding,
/// Connection and the fields it names, Host and Expect are not in `headers`; Host is `authority`); the writing codec
/// puts them back as its protocol wants. Filters may change it until the router has it.
///
/// An upgrade has one form above the codecs, which alone know `Upgrade` and 101 (RFC 9110 section 7.8) or `:protocol`
/// and 200 (RFC 8441): a GET whose `protocol` says what is wanted and whose message has not ended. A response with a
/// `protocol`, of status 101, accepts it; from then on what both sides send is data of the tunnel, until each has
/// ended. Any other final response refuses it and is an ordinary one; the request has no body then.
struct MessageHead {
  explicit MessageHead(base::Arena& arena) : headers(arena) {}
  /// Becomes the same as `other`, whose text it goes on to refer to. Every field below is in it.
  void assign(const MessageHead& other);

  // request
  Method method = Method::Other;
  std::string_view methodText;
  std::string_view scheme;      ///< "http" or "https", from the connection or the trusted proxies before it
  std::string_view authority;   ///< host[:port], lower-case; empty only for HTTP/1.0 without Host
  std::string_view path;        ///< origin form with query, normalised; "*" for OPTIONS *
  std::string_view rawPath;     ///< what `path` was before it was normalised, for who takes it apart before decoding; may be empty
  std::string_view protocol;    ///< of an upgrade ("websocket"), else empty: see above
  bool expectContinue = false;  ///< the client waits for 100 Continue before the body, of which nothing has come yet
  // response
  uint16_t status = 0;

  Version version = Version::Http11;
  HeaderList headers;
  /// Its names go to an HTTP/1 peer in the case in which they came (MessageRules).
  bool keepCase = false;
  /// The declared body length; empty: not declared (chunked, until close, HTTP/2 without content-length, or no body).
  std::optional<uint64_t> contentLength;
  /// Bytes of the head as received, for the access log.
  uint32_t wireBytes = 0;

  /// Asks for a tunnel (a request) or opens it (a response).
  [[nodiscard]] bool isUpgrade() const { return !protocol.empty(); }
  [[nodiscard]] std::string_view pathWithoutQuery() const { return path.substr(0, path.find('?')); }
};

}  // namespace headgate::http
