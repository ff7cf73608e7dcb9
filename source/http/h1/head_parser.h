#pragma once
// Parses HTTP/1 heads out of contiguous bytes, to the letter of RFC 9112, with no I/O and no allocation but the
// arena's.

#include <cstdint>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/error.h"
#include "source/http/message.h"
#include "source/http/rules.h"

namespace headgate::http::h1 {

/// How the body behind a head is delimited (RFC 9112 section 6.3).
enum class BodyFraming : uint8_t { None, ContentLength, Chunked, UntilClose };

struct HeadLimits {
  /// Request or status line, fields and both empty lines together; a head of exactly this size passes. Beyond:
  /// HeadersTooLarge (UriTooLong when the request line alone is over).
  uint32_t maxBytes = 60 * 1024;
  uint32_t maxFields = 100;  ///< field lines; one more is HeadersTooLarge
  // of requests
  PathRules path{};
  Underscores underscores = Underscores::Keep;

  bool keepCase = false;  ///< keep the spelling of names (Header::spelling)
};

/// What the connection needs to know beside the message.
struct HeadFacts {
  BodyFraming framing = BodyFraming::None;
  bool keepAlive = true;           ///< version and Connection options together (RFC 9112 section 9.3)
  uint32_t keepAliveTimeoutS = 0;  ///< `Keep-Alive: timeout=N` of a response; 0 = not said
};

enum class ParseStatus : uint8_t { NeedMore, Done };
struct ParseOutcome {
  ParseStatus status;
  size_t consumed;  ///< bytes of the head, its empty line included; with NeedMore 0
};

/// Empty lines that are skipped before a request line; a further one is refused.
inline constexpr size_t kMaxLeadingEmptyLines = 4;

/// Finds the end of a head and parses it in one pass. Stateless: on NeedMore the caller keeps all bytes, adds what
/// comes and calls again with `scanned` = the bytes that it gave before (already known to hold no end), so that a head
/// that drips in costs no more than one that comes at once. The outcome does not depend on how the bytes were split,
/// and a malformed first line is refused when it is complete, not when the head is. Empty lines before a request line
/// are skipped (RFC 9112 section 2.2: at most kMaxLeadingEmptyLines).
///
/// Names come out lower-case and, like the values, as views of a copy in `head.headers.arena()` or of static text;
/// `bytes` may be reused on return. `head.scheme` is left to the connection, which knows it. The framing fields are
/// taken out of `head.headers` (see MessageHead). Fields that Connection nominates, and the hop-by-hop table of
/// header_name.h, are removed; `te: trailers` is not kept. A nomination of a field that the proxy knows or that is for
/// all recipients (Authorization, Cookie, Cache-Control, ...) is ignored: it would be a way to strip it.
/// `Connection: upgrade` with one `Upgrade: x` on an HTTP/1.1 GET without a body sets `head.protocol` (lower-case);
/// any other Upgrade, and h2c, is dropped. `head.expectContinue` is set for HTTP/1.1 requests with a body.
/// After an error `head` holds what could be read (method, target as it came) for the access log.
///
/// Refused, always with the connection to be closed (RFC 9112 sections 2.2, 3, 5, 6; RFC 9110 sections 5.5, 7.2):
/// bare CR, bare LF, NUL and other control characters (HTAB within values allowed), obs-fold, white space before the
/// colon, an empty or non-token name, a method that is no token, anything but single spaces in the request line, other
/// versions (505) and HTTP/0.9, Transfer-Encoding other than exactly one `chunked` (501 for an unknown coding, else
/// 400), with Content-Length, or in HTTP/1.0; Content-Length repeated, listed, signed, spaced, empty or overflowing
/// uint64; Host missing (1.1), repeated, malformed; authority against an absolute-form target (the target wins; a
/// different Host is refused), userinfo, fragment, a target of none of the four forms; CONNECT (405); an Expect other
/// than 100-continue (417; HTTP/1.0 ignores the field); TRACE with a body; a second line of a singleton field
/// (header_name.h); a Connection option that is no token.
/// Paths are normalised (path.h) before they are stored.
class RequestHeadParser {
 public:
  [[nodiscard]] static base::Result<ParseOutcome> parse(std::string_view bytes, size_t scanned,
                                                        const HeadLimits& limits, MessageHead& head, HeadFacts& facts);
};

/// The same for responses. `request` is the method that the response answers: HEAD, and status 1xx, 204 and 304, have
/// no body whatever the fields say (RFC 9112 section 6.3 rule 1); `head.contentLength` keeps what HEAD and 304 declare.
/// Errors are UpstreamProtocol. A Content-Length on 1xx or 204 and Transfer-Encoding on them are refused, but a 204 may
/// say exactly 0, which is forgotten: it must not be sent on (RFC 9110 section 8.6). 101 is refused unless
/// `upgradeRequested`, the version is 1.1 and it names its protocol (`head.protocol`, lower-case). The status is
/// 100..599 in three digits; the reason phrase may be empty, and is dropped; the space after the code may be missing
/// when the phrase is. No empty line is skipped before the status line.
class ResponseHeadParser {
 public:
  [[nodiscard]] static base::Result<ParseOutcome> parse(std::string_view bytes, size_t scanned,
                                                        const HeadLimits& limits, Method request, bool upgradeRequested,
                                                        MessageHead& head, HeadFacts& facts);
};

}  // namespace headgate::http::h1
