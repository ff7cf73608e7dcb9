#pragma once
// The field lines of a head or of a trailer section, for requests and responses alike.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "source/base/error.h"
#include "source/http/h1/head_parser.h"
#include "source/http/header_list.h"

namespace headgate::http::h1 {

/// An error about bytes of one side: a client's keeps its code, whatever an upstream sends wrongly is UpstreamProtocol.
[[nodiscard]] tl::unexpected<base::Error> refuse(base::ErrorSource side, base::ErrorCode code, std::string message);

/// What the Connection lines of a message say (RFC 9110 section 7.6.1).
struct ConnectionOptions {
  /// Fields that one message may nominate beside those that the proxy knows; more is refused. Bounds the cost of
  /// looking for each of them among `maxFields` lines.
  static constexpr size_t kMaxNominated = 16;

  bool close = false;
  bool keepAlive = false;
  bool upgrade = false;
  uint32_t nominatedCount = 0;
  std::array<std::string_view, kMaxNominated> nominated;  ///< lower-case names
};

/// The fields that are about the connection, the framing or the target, and so are not kept in the list. Views into the
/// parsed bytes; empty and `has` false: not there.
struct FieldFacts {
  ConnectionOptions connection;
  std::string_view host;
  std::string_view contentLength;
  std::string_view transferEncoding;
  std::string_view upgrade;  ///< empty also when there were several lines
  std::string_view keepAlive;
  bool expectContinue = false;
  bool expectOther = false;

  uint32_t seen = 0;  ///< one bit a HeaderName
  [[nodiscard]] bool has(HeaderName name) const { return (seen & bit(name)) != 0; }
  [[nodiscard]] static constexpr uint32_t bit(HeaderName name) { return uint32_t{1} << static_cast<unsigned>(name); }
};

/// Field lines [at, end) in the arena of their message. The parser lower-cases names in place.
struct FieldBlock {
  char* at;
  const char* end;
  uint32_t spelling = 0;  ///< each byte lies so far behind once more, in its case; 0: it does not
};
[[nodiscard]] FieldBlock ownFields(std::string_view bytes, bool keepCase, base::Arena& arena);

/// Parses field lines, the last two bytes of which are the CRLF of the empty line (RFC 9112 section 5). The list's
/// views point into the block. A request's name with an underscore is judged by underscores.h. What is hop-by-hop,
/// framing or nominated by Connection stays out of `headers`. A nomination cannot remove a field that the proxy itself
/// knows or that is meant for the recipient of the content (RFC 9110 section 7.6.1).
[[nodiscard]] base::Status parseFields(const FieldBlock& block, const HeadLimits& limits, base::ErrorSource side,
                                       HeaderList& headers, FieldFacts& facts);

/// The same for a trailer section; fields that must not be trailers (RFC 9110 section 6.5.1) are dropped, those that
/// frame or address a message are refused: whoever sends them behind a body means to be read in two ways.
[[nodiscard]] base::Status parseTrailerFields(const FieldBlock& block, const HeadLimits& limits, base::ErrorSource side,
                                              HeaderList& trailers);

/// The framing fields of a message as RFC 9112 sections 6.1 to 6.3 allow them.
struct DeclaredFraming {
  bool chunked = false;
  std::optional<uint64_t> contentLength;
};
[[nodiscard]] base::Result<DeclaredFraming> readFraming(const FieldFacts& facts, Version version,
                                                        base::ErrorSource side);

/// Whether the connection may carry a further message (RFC 9112 section 9.3).
[[nodiscard]] bool persists(Version version, const ConnectionOptions& options);

/// The protocol of a single well-formed Upgrade value that the same message's Connection names, lower-cased in place;
/// else empty. h2c is never one: RFC 9113 section 3.1 has withdrawn it.
[[nodiscard]] std::string_view upgradeProtocol(const FieldFacts& facts);

}  // namespace headgate::http::h1
