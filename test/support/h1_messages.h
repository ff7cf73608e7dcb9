#pragma once
// HTTP/1 messages read by the parser and the body decoder, in whatever pieces, into values that tests can keep and
// compare.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/buffer.h"
#include "source/http/h1/body_decoder.h"
#include "source/http/h1/head_parser.h"
#include "test/support/slices.h"

namespace headgate::test {

using FieldTexts = std::vector<std::pair<std::string, std::string>>;

inline FieldTexts textsOf(const http::HeaderList& headers) {
  FieldTexts texts;
  for (const http::Header& header : headers) texts.emplace_back(header.name, header.value);
  return texts;
}

/// Everything that a head parser says, without views.
struct ParsedHead {
  bool needsMore = false;
  std::optional<base::ErrorCode> error;
  std::string message;  ///< of the error

  size_t consumed = 0;
  http::Method method = http::Method::Other;
  std::string methodText;
  std::string authority;
  std::string path;
  std::string protocol;
  bool expectContinue = false;
  uint16_t status = 0;
  http::Version version = http::Version::Http11;
  FieldTexts fields;
  std::optional<uint64_t> contentLength;
  uint32_t wireBytes = 0;
  http::h1::BodyFraming framing = http::h1::BodyFraming::None;
  bool keepAlive = false;
  uint32_t keepAliveTimeoutS = 0;

  [[nodiscard]] bool done() const { return !needsMore && !error; }
  [[nodiscard]] std::string field(std::string_view name) const {
    for (const auto& [key, value] : fields) {
      if (key == name) return value;
    }
    return "(none)";
  }
  bool operator==(const ParsedHead&) const = default;
};

/// Which parser, and what it is told.
struct HeadKind {
  bool isResponse = false;
  http::Method request = http::Method::Get;  ///< that a response answers
  bool upgradeRequested = false;
};

/// One call of the parser. The bytes lie in memory of exactly their size that is gone before the result is read, so
/// that a sanitizer sees every read beyond them and every view that stayed there.
inline ParsedHead parseOnce(std::string_view bytes, size_t scanned, const HeadKind& kind,
                            const http::h1::HeadLimits& limits) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  http::MessageHead head(arena);
  http::h1::HeadFacts facts;
  auto copy = std::make_unique<char[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  const std::string_view given(copy.get(), bytes.size());
  auto outcome = kind.isResponse ? http::h1::ResponseHeadParser::parse(given, scanned, limits, kind.request,
                                                                       kind.upgradeRequested, head, facts)
                                 : http::h1::RequestHeadParser::parse(given, scanned, limits, head, facts);
  std::fill_n(copy.get(), bytes.size(), '\x01');
  copy.reset();

  ParsedHead parsed;
  if (!outcome) {
    parsed.error = outcome.error().code;
    parsed.message = outcome.error().message;
    return parsed;
  }
  parsed.needsMore = outcome->status == http::h1::ParseStatus::NeedMore;
  parsed.consumed = outcome->consumed;
  if (parsed.needsMore) return parsed;
  parsed.method = head.method;
  parsed.methodText = head.methodText;
  parsed.authority = head.authority;
  parsed.path = head.path;
  parsed.protocol = head.protocol;
  parsed.expectContinue = head.expectContinue;
  parsed.status = head.status;
  parsed.version = head.version;
  parsed.fields = textsOf(head.headers);
  parsed.contentLength = head.contentLength;
  parsed.wireBytes = head.wireBytes;
  parsed.framing = facts.framing;
  parsed.keepAlive = facts.keepAlive;
  parsed.keepAliveTimeoutS = facts.keepAliveTimeoutS;
  return parsed;
}

inline ParsedHead parseWhole(std::string_view bytes, const HeadKind& kind = {},
                             const http::h1::HeadLimits& limits = {}) {
  return parseOnce(bytes, 0, kind, limits);
}

/// Gives the bytes in pieces of `step` until the parser has had enough.
inline ParsedHead parseInSteps(std::string_view bytes, size_t step, const HeadKind& kind = {},
                               const http::h1::HeadLimits& limits = {}) {
  size_t scanned = 0;
  for (size_t size = std::min(step, bytes.size());; size = std::min(size + step, bytes.size())) {
    ParsedHead parsed = parseOnce(bytes.substr(0, size), scanned, kind, limits);
    if (!parsed.needsMore || size == bytes.size()) return parsed;
    scanned = size;
  }
}

inline const HeadKind kResponse{.isResponse = true};

/// What a body decoder made of some bytes.
struct DecodedBody {
  bool complete = false;
  bool endsWithConnection = false;  ///< BodyDecoder::atEof
  std::optional<base::ErrorCode> error;
  std::string message;
  std::string body;
  FieldTexts trailers;
  size_t consumed = 0;

  bool operator==(const DecodedBody&) const = default;
};

inline DecodedBody decodeInSteps(std::string_view bytes, size_t step, http::h1::BodyFraming framing,
                                 uint64_t contentLength = 0, base::ErrorSource source = base::ErrorSource::Downstream,
                                 const http::h1::HeadLimits& limits = {}) {
  base::SlabPool slabs;
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  http::HeaderList trailers(arena);
  base::Buffer out(slabs);
  http::h1::BodyDecoder decoder;
  decoder.start(framing, contentLength, source, limits);
  DecodedBody decoded;
  while (!decoder.complete() && decoded.consumed < bytes.size()) {
    const std::string_view piece = bytes.substr(decoded.consumed, step);
    base::Slice slice = sliceOf(slabs, piece);
    const auto result = decoder.decode(slice, out, trailers);
    decoded.consumed += piece.size() - slice.size();
    if (!result) {
      decoded.error = result.error().code;
      decoded.message = result.error().message;
      break;
    }
  }
  decoded.complete = decoder.complete();
  decoded.endsWithConnection = decoder.atEof();
  decoded.body = out.toString();
  decoded.trailers = textsOf(trailers);
  return decoded;
}

inline DecodedBody decodeWhole(std::string_view bytes, http::h1::BodyFraming framing, uint64_t contentLength = 0) {
  return decodeInSteps(bytes, std::max<size_t>(1, bytes.size()), framing, contentLength);
}

}  // namespace headgate::test
