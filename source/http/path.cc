#include "source/http/path.h"

#include <algorithm>

#include "source/http/characters.h"

namespace headgate::http {
namespace {

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::BadRequest, base::ErrorSource::Downstream, std::move(message));
}

constexpr bool isDotSegment(std::string_view segment) { return segment == "." || segment == ".."; }

// The byte that the triplet at `at` stands for, or -1.
int decodeTriplet(const char* at, const char* end) {
  if (end - at < 3) return -1;
  const int high = hexValue(at[1]);
  const int low = hexValue(at[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// %2F and %5C, when they are no ordinary characters.
bool isActedUpon(int byte, const PathRules& rules) {
  return (byte == '/' || byte == '\\') && rules.escapedSlashes != EscapedSlashes::Keep;
}

constexpr bool isLowerHex(char c) { return c >= 'a' && c <= 'f'; }

// Whether the triplet at `at` is valid and already written as the canonical form has it.
bool isCanonicalTriplet(const char* at, const char* end, const PathRules& rules) {
  const int byte = decodeTriplet(at, end);
  return byte > 0 && !isActedUpon(byte, rules) && !is(static_cast<char>(byte), kUnreserved) && !isLowerHex(at[1]) &&
         !isLowerHex(at[2]);
}

// Whether `path` needs no change and holds nothing to refuse.
bool isCanonical(std::string_view path, const PathRules& rules) {
  const char* end = path.data() + path.size();
  const char* segment = path.data();
  for (const char* at = segment;; ++at) {
    if (at == end || *at == '/') {
      if (isDotSegment({segment, static_cast<size_t>(at - segment)})) return false;
      if (at == end) return true;
      if (rules.mergeSlashes && at == segment && at != path.data()) return false;
      segment = at + 1;
    } else if (*at == '%') {
      if (!isCanonicalTriplet(at, end, rules)) return false;
      at += 2;
    } else if (!is(*at, kPathChar)) {
      return false;
    }
  }
}

// Writes the canonical form of a path, which is never longer than the path itself.
class Normalizer {
 public:
  Normalizer(char* out, const PathRules& rules) : begin_(out), at_(out), rules_(rules) {}

  base::Status write(std::string_view path) {
    const char* end = path.data() + path.size();
    for (const char* from = path.data(); from != end;) {
      from += slashSize(from, end);
      if (!rules_.mergeSlashes || at_ == begin_ || at_[-1] != '/') *at_++ = '/';
      const char* segment = at_;
      while (from != end && slashSize(from, end) == 0) {
        if (auto status = writeByte(from, end); !status) return status;
      }
      const std::string_view written(segment, static_cast<size_t>(at_ - segment));
      if (isDotSegment(written) && !removeDots(written.size(), from == end))
        return refuse("the path climbs over its root");
    }
    return {};
  }

  [[nodiscard]] std::string_view written() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

 private:
  // Of the slash that stands at `at`; 0: there is none.
  [[nodiscard]] ptrdiff_t slashSize(const char* at, const char* end) const {
    if (*at == '/') return 1;
    const bool decodes = *at == '%' && rules_.escapedSlashes == EscapedSlashes::Decode;
    return decodes && decodeTriplet(at, end) == '/' ? 3 : 0;
  }

  base::Status writeByte(const char*& from, const char* end) {
    if (*from != '%') {
      if (!is(*from, kPathChar)) return refuse("the path holds the raw byte " + inQuotes({from, 1}));
      *at_++ = *from++;
      return {};
    }
    const int byte = decodeTriplet(from, end);
    if (byte < 0) {
      const std::string_view triplet(from, std::min<size_t>(3, static_cast<size_t>(end - from)));
      return refuse("the path holds the malformed percent-encoding " + inQuotes(triplet));
    }
    if (byte == 0) return refuse("the path holds %00");
    if (isActedUpon(byte, rules_)) return refuse("the path holds the encoded slash " + inQuotes({from, 3}));
    if (is(static_cast<char>(byte), kUnreserved)) {
      *at_++ = static_cast<char>(byte);
    } else {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      *at_++ = '%';
      *at_++ = kHex[static_cast<size_t>(byte) >> 4];
      *at_++ = kHex[static_cast<size_t>(byte) & 15];
    }
    from += 3;
    return {};
  }

  // RFC 3986 section 5.2.4 on the "/." or "/.." just written. The last segment leaves its slash ("/a/.." is "/"); of
  // the others the next one brings it. False: above the root.
  bool removeDots(size_t dots, bool isLast) {
    char* slash = at_ - dots - 1;
    if (dots == 2) {
      if (slash == begin_) return false;
      do {
        --slash;
      } while (*slash != '/');
    }
    at_ = isLast ? slash + 1 : slash;
    return true;
  }

  char* begin_;
  char* at_;
  const PathRules& rules_;
};

}  // namespace

base::Result<std::string_view> normalizeTarget(std::string_view target, base::Arena& arena, const PathRules& rules) {
  if (target.empty() || target.front() != '/') return refuse("the request target " + inQuotes(target) + " is no path");
  const size_t pathSize = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, pathSize);
  const std::string_view query = target.substr(pathSize);
  const char* queryEnd = query.data() + query.size();
  if (const char* bad = skip(query.data(), queryEnd, kQueryChar); bad != queryEnd) {
    return refuse("the query holds the raw byte " + inQuotes({bad, 1}));
  }

  if (isCanonical(path, rules)) return target;

  char* out = arena.array<char>(target.size());
  Normalizer normalizer(out, rules);
  if (auto status = normalizer.write(path); !status) return tl::unexpected(std::move(status.error()));
  const size_t written = normalizer.written().size();
  query.copy(out + written, query.size());
  return std::string_view(out, written + query.size());
}

}  // namespace headgate::http
