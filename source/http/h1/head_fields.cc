#include "source/http/h1/head_fields.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "source/base/strings.h"
#include "source/http/characters.h"
#include "source/http/underscores.h"

namespace headgate::http::h1 {
namespace {

using base::ErrorCode;
using base::ErrorSource;

static_assert(static_cast<unsigned>(HeaderName::XRequestId) < 32, "FieldFacts::seen has a bit for each name");

struct FieldLine {
  std::string_view name;  // lower-case
  std::string_view value;
};

constexpr bool isSpace(char c) { return c == ' ' || c == '\t'; }

std::string nameForMessage(std::string_view lowerName) {
  std::string name(lowerName.substr(0, 48));
  bool startsWord = true;
  for (char& c : name) {
    if (startsWord && c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
    startsWord = c == '-';
  }
  return name;
}

std::string badNameMessage(std::string_view name, char next) {
  if (name.empty()) {
    if (isSpace(next)) return "a field line begins with white space (obsolete line folding)";
    if (next == ':') return "a field line has no name before its colon";
    return "a field line begins with " + inQuotes({&next, 1});
  }
  if (isSpace(next)) return "white space between the field name " + inQuotes(name) + " and its colon";
  if (next == '\r' || next == '\n') return "the field line " + inQuotes(name) + " has no colon";
  return "the field name " + inQuotes(name) + " goes on with " + inQuotes({&next, 1}) + ", which is no token character";
}

// One field line at `at`, which moves behind its CRLF. The block ends in CRLF, where every loop here stops.
base::Result<FieldLine> parseLine(char*& at, const char* end, ErrorSource side) {
  char* const name = at;
  while (const char lower = lowerToken(*at)) *at++ = lower;
  const std::string_view nameText(name, static_cast<size_t>(at - name));
  if (nameText.empty() || *at != ':') return refuse(side, ErrorCode::BadRequest, badNameMessage(nameText, *at));

  ++at;
  while (isSpace(*at)) ++at;
  const char* const value = at;
  const char* valueEnd = skipFieldValue(at, end);
  if (valueEnd[0] != '\r' || valueEnd[1] != '\n') {
    const std::string what = *valueEnd == '\r' ? "a bare CR" : "the control character " + inQuotes({valueEnd, 1});
    return refuse(side, ErrorCode::BadRequest, "the value of " + nameForMessage(nameText) + " holds " + what);
  }
  at += valueEnd + 2 - value;
  while (valueEnd > value && isSpace(valueEnd[-1])) --valueEnd;
  return FieldLine{nameText, {value, static_cast<size_t>(valueEnd - value)}};
}

// `text` lies in the copy of the head that the message owns, which is not const.
std::string_view lowerInPlace(std::string_view text) {
  char* at = const_cast<char*>(text.data());
  for (size_t i = 0; i < text.size(); ++i) at[i] = base::lower(at[i]);
  return text;
}

// Names that the proxy does not act upon, and that a nomination must not strip all the same: who may be served, for
// whom, and what a cache may keep, are matters of all recipients.
bool isForAllRecipients(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames{"authorization", "cache-control", "cookie",   "forwarded",
                                                   "origin",        "set-cookie",    "x-real-ip"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

base::Status readConnection(std::string_view value, ErrorSource side, ConnectionOptions& options) {
  base::Status status;
  base::forEachListElement(lowerInPlace(value), [&](std::string_view option) {
    if (option == "close") {
      options.close = true;
    } else if (option == "keep-alive") {
      options.keepAlive = true;
    } else if (option == "upgrade") {
      options.upgrade = true;
    } else if (!isToken(option)) {
      status = refuse(side, ErrorCode::BadRequest, "the Connection option " + inQuotes(option) + " is no token");
    } else if (headerName(option) == HeaderName::Other && !isForAllRecipients(option)) {
      if (options.nominatedCount == ConnectionOptions::kMaxNominated) {
        status = refuse(side, ErrorCode::BadRequest,
                        "Connection names more than " + std::to_string(ConnectionOptions::kMaxNominated) + " fields");
        return;
      }
      options.nominated[options.nominatedCount++] = option;
    }
  });
  return status;
}

void readExpect(std::string_view value, FieldFacts& facts) {
  base::forEachListElement(value, [&](std::string_view expectation) {
    (base::equalsIgnoreCase(expectation, "100-continue") ? facts.expectContinue : facts.expectOther) = true;
  });
}

// A field that is not forwarded: what it says to this connection.
base::Status readHopByHop(HeaderName id, std::string_view value, bool isRepeated, ErrorSource side, FieldFacts& facts) {
  if (id == HeaderName::Host) {
    facts.host = value;
  } else if (id == HeaderName::Connection) {
    return readConnection(value, side, facts.connection);
  } else if (id == HeaderName::ContentLength) {
    facts.contentLength = value;
  } else if (id == HeaderName::TransferEncoding) {
    facts.transferEncoding = value;
  } else if (id == HeaderName::Upgrade) {
    facts.upgrade = isRepeated ? std::string_view() : value;
  } else if (id == HeaderName::KeepAlive) {
    facts.keepAlive = value;
  } else if (id == HeaderName::Expect) {
    readExpect(value, facts);
  }
  return {};
}

void removeNominated(HeaderList& headers, const ConnectionOptions& options) {
  const auto* first = options.nominated.data();
  const auto* last = first + options.nominatedCount;
  headers.removeIf([&](const Header& header) {
    return header.id == HeaderName::Other && std::find(first, last, header.name) != last;
  });
}

tl::unexpected<base::Error> refuseCount(ErrorSource side, uint32_t maxFields) {
  return refuse(side, ErrorCode::HeadersTooLarge, "more than " + std::to_string(maxFields) + " field lines");
}

// A field that the proxy does not act upon.
base::Status addUnknown(const FieldLine& line, const FieldBlock& block, const HeadLimits& limits, ErrorSource side,
                        HeaderList& headers) {
  const NameVerdict verdict =
      side == ErrorSource::Downstream ? judgeName(line.name, limits.underscores) : NameVerdict::Keep;
  switch (verdict) {
    case NameVerdict::Keep: headers.add(HeaderName::Other, line.name, line.value, block.spelling); break;
    case NameVerdict::Drop: break;
    case NameVerdict::Refuse:
      return refuse(side, ErrorCode::BadRequest, "the field name " + inQuotes(line.name) + " holds an underscore");
  }
  return {};
}

}  // namespace

tl::unexpected<base::Error> refuse(ErrorSource side, ErrorCode code, std::string message) {
  return base::fail(side == ErrorSource::Upstream ? ErrorCode::UpstreamProtocol : code, side, std::move(message));
}

FieldBlock ownFields(std::string_view bytes, bool keepCase, base::Arena& arena) {
  char* copy = arena.array<char>(keepCase ? 2 * bytes.size() : bytes.size());
  std::memcpy(copy, bytes.data(), bytes.size());
  if (keepCase) std::memcpy(copy + bytes.size(), bytes.data(), bytes.size());
  return {copy, copy + bytes.size(), keepCase ? static_cast<uint32_t>(bytes.size()) : 0};
}

base::Status parseFields(const FieldBlock& block, const HeadLimits& limits, ErrorSource side, HeaderList& headers,
                         FieldFacts& facts) {
  char* at = block.at;
  uint32_t count = 0;
  while (block.end - at > 2) {
    if (count++ == limits.maxFields) return refuseCount(side, limits.maxFields);
    auto line = parseLine(at, block.end, side);
    if (!line) return tl::unexpected(std::move(line.error()));
    const HeaderName id = headerName(line->name);
    if (id == HeaderName::Other) {
      if (auto status = addUnknown(*line, block, limits, side, headers); !status) return status;
      continue;
    }
    const uint8_t rules = http::facts(id);
    const bool isRepeated = facts.has(id);
    if (isRepeated && (rules & (kSingleton | kFraming)) != 0) {
      return refuse(side, ErrorCode::BadRequest, "more than one " + nameForMessage(line->name) + " line");
    }
    facts.seen |= FieldFacts::bit(id);
    if ((rules & (kHopByHop | kFraming)) == 0) {
      headers.add(id, line->name, line->value, block.spelling);
    } else if (auto status = readHopByHop(id, line->value, isRepeated, side, facts); !status) {
      return status;
    }
  }
  if (facts.connection.nominatedCount > 0) removeNominated(headers, facts.connection);
  return {};
}

base::Status parseTrailerFields(const FieldBlock& block, const HeadLimits& limits, ErrorSource side,
                                HeaderList& trailers) {
  char* at = block.at;
  uint32_t count = 0;
  while (block.end - at > 2) {
    if (count++ == limits.maxFields) return refuseCount(side, limits.maxFields);
    auto line = parseLine(at, block.end, side);
    if (!line) return tl::unexpected(std::move(line.error()));
    const HeaderName id = headerName(line->name);
    if (id == HeaderName::Other) {
      if (auto status = addUnknown(*line, block, limits, side, trailers); !status) return status;
      continue;
    }
    const uint8_t rules = http::facts(id);
    if ((rules & kFraming) != 0) {
      return refuse(side, ErrorCode::BadRequest, "a trailer is named " + nameForMessage(line->name));
    }
    if ((rules & (kNotInTrailers | kHopByHop)) == 0) trailers.add(id, line->name, line->value, block.spelling);
  }
  return {};
}

base::Result<DeclaredFraming> readFraming(const FieldFacts& facts, Version version, ErrorSource side) {
  DeclaredFraming framing;
  const bool hasLength = facts.has(HeaderName::ContentLength);
  if (facts.has(HeaderName::TransferEncoding)) {
    const std::string_view coding = facts.transferEncoding;
    if (version == Version::Http10) {
      return refuse(side, ErrorCode::BadRequest, "Transfer-Encoding in an HTTP/1.0 message");
    }
    if (hasLength) {
      return refuse(side, ErrorCode::BadRequest, "Content-Length and Transfer-Encoding in one message");
    }
    framing.chunked = base::equalsIgnoreCase(coding, "chunked");
    if (!framing.chunked) {
      bool isUnknown = false;
      base::forEachListElement(coding, [&](std::string_view element) {
        isUnknown = isUnknown || !base::equalsIgnoreCase(element, "chunked");
      });
      return refuse(side, isUnknown ? ErrorCode::NotImplemented : ErrorCode::BadRequest,
                    "Transfer-Encoding is " + inQuotes(coding) + ", expected \"chunked\"");
    }
  }
  if (hasLength) {
    framing.contentLength = base::parseDecimal(facts.contentLength);
    if (!framing.contentLength) {
      return refuse(side, ErrorCode::BadRequest,
                    "Content-Length is " + inQuotes(facts.contentLength) + ", expected one number of 64 bits");
    }
  }
  return framing;
}

bool persists(Version version, const ConnectionOptions& options) {
  return !options.close && (version != Version::Http10 || options.keepAlive);
}

std::string_view upgradeProtocol(const FieldFacts& facts) {
  if (!facts.connection.upgrade) return {};
  const size_t slash = facts.upgrade.find('/');
  const bool hasVersion = slash != std::string_view::npos;
  if (!isToken(facts.upgrade.substr(0, slash))) return {};
  if (hasVersion && !isToken(facts.upgrade.substr(slash + 1))) return {};
  const std::string_view protocol = lowerInPlace(facts.upgrade);
  return protocol == "h2c" ? std::string_view() : protocol;
}

}  // namespace headgate::http::h1
