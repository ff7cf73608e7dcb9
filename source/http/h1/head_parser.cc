#include "source/http/h1/head_parser.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "source/base/strings.h"
#include "source/http/characters.h"
#include "source/http/h1/head_fields.h"
#include "source/http/h1/request_target.h"

namespace headgate::http::h1 {
namespace {

using base::ErrorCode;
using base::ErrorSource;

constexpr ParseOutcome kNeedMore{ParseStatus::NeedMore, 0};

// ---- where the head ends

enum class ScanStatus : uint8_t { NeedMore, Complete, BareLf, TooLong };

struct Scan {
  ScanStatus status = ScanStatus::NeedMore;
  size_t end = 0;              // behind the empty line
  size_t firstLineEnd = npos;  // of the LF; npos when it was seen by an earlier call or is still to come
  static constexpr size_t npos = std::string_view::npos;
};

size_t findLf(std::string_view bytes, size_t from) { return bytes.find('\n', from); }

// Looks at line ends only, one memchr a line. The head begins at `start`; nothing before `scanned` is looked at again
// but the three bytes that an end of the head may share with what follows.
Scan scanHead(std::string_view bytes, size_t start, size_t scanned, size_t maxBytes) {
  Scan scan;
  const std::string_view window = bytes.substr(0, maxBytes);
  const size_t from = std::max(start, std::min(scanned, window.size()));
  size_t lf = findLf(window, from);
  if (lf != Scan::npos && findLf(window.substr(0, from), start) == Scan::npos) scan.firstLineEnd = lf;
  for (; lf != Scan::npos; lf = findLf(window, lf + 1)) {
    if (lf == start || window[lf - 1] != '\r') {
      scan.status = ScanStatus::BareLf;
      return scan;
    }
    if (lf >= start + 3 && window[lf - 2] == '\n') {
      scan.status = ScanStatus::Complete;
      scan.end = lf + 1;
      return scan;
    }
  }
  if (bytes.size() >= maxBytes) scan.status = ScanStatus::TooLong;
  return scan;
}

// What to answer to a scan that found no head.
base::Result<ParseOutcome> outcomeOf(const Scan& scan, std::string_view bytes, size_t start, const HeadLimits& limits,
                                     ErrorSource side) {
  if (scan.status == ScanStatus::NeedMore) return kNeedMore;
  if (scan.status == ScanStatus::BareLf) return refuse(side, ErrorCode::BadRequest, "a line ends in LF without CR");
  const bool inFirstLine = findLf(bytes.substr(0, limits.maxBytes), start) == Scan::npos;
  const std::string limit = std::to_string(limits.maxBytes) + " bytes";
  if (inFirstLine) return refuse(side, ErrorCode::UriTooLong, "the first line is longer than " + limit);
  return refuse(side, ErrorCode::HeadersTooLarge, "the head is longer than " + limit);
}

// ---- first lines

std::optional<Version> versionOf(std::string_view text) {
  if (text == "HTTP/1.1") return Version::Http11;
  if (text == "HTTP/1.0") return Version::Http10;
  return std::nullopt;
}

bool looksLikeVersion(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && base::isDigit(text[5]) && text[6] == '.' &&
         base::isDigit(text[7]);
}

// Views of the bytes that they were read from.
struct RequestLine {
  std::string_view method;
  std::string_view target;
  Version version = Version::Http11;
};

// method SP request-target SP HTTP-version (RFC 9112 section 3), `line` being without its CRLF. On an error `result`
// has what comes before it.
base::Status splitRequestLine(std::string_view line, RequestLine& result) {
  const char* const end = line.data() + line.size();
  const auto badRequest = [](std::string message) {
    return refuse(ErrorSource::Downstream, ErrorCode::BadRequest, std::move(message));
  };
  const auto next = [end](const char* at) { return at == end ? std::string("its end") : inQuotes({at, 1}); };

  const char* const methodEnd = skip(line.data(), end, kTokenChar);
  if (methodEnd == line.data() || methodEnd == end || *methodEnd != ' ') {
    return badRequest("the request line has no method of token characters: " + inQuotes(line));
  }
  result.method = {line.data(), static_cast<size_t>(methodEnd - line.data())};

  const char* const target = methodEnd + 1;
  const char* const targetEnd = skip(target, end, kTargetChar);
  if (targetEnd == target)
    return badRequest("expected a request target after the method and one space, got " + next(target));
  if (targetEnd != end && *targetEnd != ' ') return badRequest("the request target holds " + next(targetEnd));
  result.target = {target, static_cast<size_t>(targetEnd - target)};
  if (targetEnd == end) return badRequest("the request line has no version (HTTP/0.9)");

  const std::string_view versionText(targetEnd + 1, static_cast<size_t>(end - targetEnd - 1));
  const auto version = versionOf(versionText);
  if (version) {
    result.version = *version;
    return {};
  }
  const std::string message = "the version is " + inQuotes(versionText) + ", expected HTTP/1.1 or HTTP/1.0";
  if (!looksLikeVersion(versionText)) return badRequest(message);
  return refuse(ErrorSource::Downstream, ErrorCode::VersionNotSupported, message);
}

struct StatusLine {
  Version version = Version::Http11;
  uint16_t status = 0;
};

// HTTP-version SP status-code [ SP reason-phrase ] (RFC 9112 section 4), without the CRLF.
base::Status splitStatusLine(std::string_view line, StatusLine& result) {
  const auto bad = [line](std::string_view expected) {
    return refuse(ErrorSource::Upstream, ErrorCode::UpstreamProtocol,
                  "the status line is " + inQuotes(line) + ", expected " + std::string(expected));
  };
  const auto version = versionOf(line.substr(0, 8));
  if (!version || line.size() < 12 || line[8] != ' ') return bad("HTTP/1.1 or HTTP/1.0, a space and a status");
  const std::string_view code = line.substr(9, 3);
  const auto status = base::parseDecimal(code);
  if (!status || *status < 100 || *status > 599) return bad("a status from 100 to 599");
  if (line.size() > 12 && line[12] != ' ') return bad("a space after the status");
  const std::string_view phrase = line.substr(std::min<size_t>(line.size(), 13));
  const char* const phraseEnd = phrase.data() + phrase.size();
  if (skipFieldValue(phrase.data(), phraseEnd) != phraseEnd) return bad("no control character in the reason phrase");
  result = {*version, static_cast<uint16_t>(*status)};
  return {};
}

// ---- requests

constexpr char kTlsHandshake = 0x16;  // the content type of a TLS record (RFC 8446 section 5.1)

// Behind the empty lines, or npos when all of `bytes` are (a beginning of) such lines.
base::Result<size_t> skipEmptyLines(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && bytes[at] == '\r') {
    if (at == 2 * kMaxLeadingEmptyLines) {
      return refuse(ErrorSource::Downstream, ErrorCode::BadRequest, "too many empty lines before the request line");
    }
    if (at + 1 == bytes.size()) return Scan::npos;
    if (bytes[at + 1] != '\n') {
      return refuse(ErrorSource::Downstream, ErrorCode::BadRequest, "a bare CR before the request line");
    }
    at += 2;
  }
  if (at == bytes.size()) return Scan::npos;
  // Seen at the first byte: a TLS hello sent to a cleartext port need not wait for its time-out.
  if (bytes[at] == kTlsHandshake) {
    return refuse(ErrorSource::Downstream, ErrorCode::BadRequest,
                  "a TLS handshake came to a listener that speaks plain HTTP; use http://, not https://");
  }
  if (!is(bytes[at], kTokenChar)) {
    return refuse(ErrorSource::Downstream, ErrorCode::BadRequest,
                  "the request line begins with " + inQuotes(bytes.substr(at, 1)));
  }
  return at;
}

void storeRequestLine(const RequestLine& line, MessageHead& head) {
  head.methodText = line.method;
  head.method = parseMethod(line.method);
  head.version = line.version;
  head.path = line.target;  // until readTarget has normalised it
}

base::Status applyRequestFields(const FieldFacts& fields, MessageHead& head, HeadFacts& facts) {
  auto framing = readFraming(fields, head.version, ErrorSource::Downstream);
  if (!framing) return tl::unexpected(std::move(framing.error()));
  head.contentLength = framing->contentLength;
  facts.framing = framing->chunked         ? BodyFraming::Chunked
                  : framing->contentLength ? BodyFraming::ContentLength
                                           : BodyFraming::None;
  facts.keepAlive = persists(head.version, fields.connection);

  const bool hasBody = framing->chunked || framing->contentLength.value_or(0) > 0;
  if (head.method == Method::Trace && hasBody) {
    return refuse(ErrorSource::Downstream, ErrorCode::BadRequest, "TRACE with a body");
  }
  if (head.version == Version::Http10) return {};  // RFC 9110 sections 7.8 and 10.1.1
  if (fields.expectOther) {
    return refuse(ErrorSource::Downstream, ErrorCode::ExpectationFailed, "Expect holds more than 100-continue");
  }
  head.expectContinue = fields.expectContinue && hasBody;
  if (head.method == Method::Get && !hasBody) head.protocol = upgradeProtocol(fields);
  return {};
}

// `line` and the fields lie in the message's arena.
base::Status readRequest(const RequestLine& line, const FieldBlock& block, const HeadLimits& limits, MessageHead& head,
                         HeadFacts& facts) {
  storeRequestLine(line, head);
  if (head.method == Method::Connect) {
    return refuse(ErrorSource::Downstream, ErrorCode::MethodNotAllowed, "CONNECT: this is no tunnel");
  }
  FieldFacts fields;
  auto status = parseFields(block, limits, ErrorSource::Downstream, head.headers, fields);
  if (status) status = readTarget(line.target, fields, limits.path, head);
  if (status) status = applyRequestFields(fields, head, facts);
  return status;
}

// ---- responses

uint32_t keepAliveTimeout(std::string_view value) {
  uint32_t seconds = 0;
  base::forEachListElement(value, [&](std::string_view parameter) {
    constexpr std::string_view kTimeout = "timeout=";
    if (!base::equalsIgnoreCase(parameter.substr(0, kTimeout.size()), kTimeout)) return;
    const auto number = base::parseDecimal(parameter.substr(kTimeout.size()));
    constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
    if (number) seconds = static_cast<uint32_t>(std::min(*number, kMost));
  });
  return seconds;
}

base::Status applyResponseFields(const FieldFacts& fields, Method request, bool upgradeRequested, MessageHead& head,
                                 HeadFacts& facts) {
  const auto bad = [&head](std::string_view what) {
    return refuse(ErrorSource::Upstream, ErrorCode::UpstreamProtocol,
                  std::string(what) + " in a response of status " + std::to_string(head.status));
  };
  const bool isInformational = head.status < 200;
  if (isInformational || head.status == 204) {  // RFC 9110 section 8.6, RFC 9112 section 6.1
    // Many backends say the 0 of a 204, which is redundant and harmless.
    const bool saysZero = head.status == 204 && fields.contentLength == "0";
    if (fields.has(HeaderName::ContentLength) && !saysZero) return bad("Content-Length");
    if (fields.has(HeaderName::TransferEncoding)) return bad("Transfer-Encoding");
  }
  auto framing = readFraming(fields, head.version, ErrorSource::Upstream);
  if (!framing) return tl::unexpected(std::move(framing.error()));
  if (head.status != 204) head.contentLength = framing->contentLength;
  facts.keepAlive = persists(head.version, fields.connection);
  facts.keepAliveTimeoutS = keepAliveTimeout(fields.keepAlive);

  if (head.status == 101) {
    head.protocol = upgradeProtocol(fields);
    facts.keepAlive = false;
    if (!upgradeRequested) return bad("a switch of protocols that was not asked for");
    if (head.version == Version::Http10 || head.protocol.empty()) return bad("no protocol to switch to");
  }
  if (request == Method::Head || isInformational || head.status == 204 || head.status == 304) {
    facts.framing = BodyFraming::None;
  } else if (framing->chunked) {
    facts.framing = BodyFraming::Chunked;
  } else if (framing->contentLength) {
    facts.framing = BodyFraming::ContentLength;
  } else {
    facts.framing = BodyFraming::UntilClose;
    facts.keepAlive = false;
  }
  return {};
}

// The first line, from `start`, without its CRLF.
std::string_view firstLine(std::string_view bytes, size_t start, const Scan& scan) {
  const size_t lf = scan.firstLineEnd == Scan::npos ? findLf(bytes, start) : scan.firstLineEnd;
  return bytes.substr(start, lf - 1 - start);
}

bool hasNewFirstLine(std::string_view bytes, size_t start, const Scan& scan) {
  return scan.firstLineEnd != Scan::npos && scan.firstLineEnd > start && bytes[scan.firstLineEnd - 1] == '\r';
}

}  // namespace

base::Result<ParseOutcome> RequestHeadParser::parse(std::string_view bytes, size_t scanned, const HeadLimits& limits,
                                                    MessageHead& head, HeadFacts& facts) {
  const auto start = skipEmptyLines(bytes.substr(0, limits.maxBytes));
  if (!start) return tl::unexpected(start.error());
  const size_t begin = std::min(*start, bytes.size());
  const Scan scan = scanHead(bytes, begin, scanned, limits.maxBytes);

  RequestLine line;
  if (scan.status != ScanStatus::Complete) {
    if (hasNewFirstLine(bytes, begin, scan)) {
      if (auto status = splitRequestLine(firstLine(bytes, begin, scan), line); !status) {
        storeRequestLine({head.headers.arena().copy(line.method), head.headers.arena().copy(line.target), line.version},
                         head);
        return tl::unexpected(std::move(status.error()));
      }
    }
    return outcomeOf(scan, bytes, begin, limits, ErrorSource::Downstream);
  }

  const std::string_view wire = bytes.substr(begin, scan.end - begin);
  FieldBlock block = ownFields(wire, limits.keepCase, head.headers.arena());
  const std::string_view lineText(block.at, firstLine(bytes, begin, scan).size());
  block.at += lineText.size() + 2;
  head.keepCase = limits.keepCase;
  head.wireBytes = static_cast<uint32_t>(scan.end);
  auto status = splitRequestLine(lineText, line);
  if (!status) {
    storeRequestLine(line, head);
  } else {
    status = readRequest(line, block, limits, head, facts);
  }
  if (!status) return tl::unexpected(std::move(status.error()));
  return ParseOutcome{ParseStatus::Done, scan.end};
}

base::Result<ParseOutcome> ResponseHeadParser::parse(std::string_view bytes, size_t scanned, const HeadLimits& limits,
                                                     Method request, bool upgradeRequested, MessageHead& head,
                                                     HeadFacts& facts) {
  if (bytes.empty()) return kNeedMore;
  if (bytes.front() != 'H') {
    return refuse(ErrorSource::Upstream, ErrorCode::UpstreamProtocol,
                  "a response begins with " + inQuotes(bytes.substr(0, 1)) + ", expected HTTP/");
  }
  const Scan scan = scanHead(bytes, 0, scanned, limits.maxBytes);
  StatusLine line;
  if (scan.status == ScanStatus::Complete || hasNewFirstLine(bytes, 0, scan)) {
    if (auto status = splitStatusLine(firstLine(bytes, 0, scan), line); !status) {
      return tl::unexpected(std::move(status.error()));
    }
  }
  if (scan.status != ScanStatus::Complete) return outcomeOf(scan, bytes, 0, limits, ErrorSource::Upstream);

  const size_t fieldsBegin = firstLine(bytes, 0, scan).size() + 2;
  const std::string_view fieldBytes = bytes.substr(fieldsBegin, scan.end - fieldsBegin);
  const FieldBlock block = ownFields(fieldBytes, limits.keepCase, head.headers.arena());
  head.keepCase = limits.keepCase;
  head.wireBytes = static_cast<uint32_t>(scan.end);
  head.version = line.version;
  head.status = line.status;
  FieldFacts fields;
  auto status = parseFields(block, limits, ErrorSource::Upstream, head.headers, fields);
  if (status) status = applyResponseFields(fields, request, upgradeRequested, head, facts);
  if (!status) return tl::unexpected(std::move(status.error()));
  return ParseOutcome{ParseStatus::Done, scan.end};
}

}  // namespace headgate::http::h1
