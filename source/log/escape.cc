#include "source/log/escape.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "source/config/utf8.h"

namespace headgate::log {
namespace {

constexpr char kHex[] = "0123456789ABCDEF";
constexpr std::string_view kCut = "...";
constexpr size_t kEscapeBytes = 4;  // \xHH

constexpr uint64_t everyByte(uint8_t value) { return 0x0101010101010101U * value; }

// The high bit of each byte that is below `limit` (<= 0x80) and has its own high bit clear; bytes after the first hit
// may be marked wrongly, by the borrow, so only the first counts.
constexpr uint64_t bytesBelow(uint64_t word, uint8_t limit) {
  return (word - everyByte(limit)) & ~word & everyByte(0x80);
}

// Not zero if one of eight bytes is not plain; the lowest set bit is in the first such byte.
constexpr uint64_t notPlain(uint64_t word) {
  const uint64_t quotes = bytesBelow(word ^ everyByte('"'), 1);
  const uint64_t backslashes = bytesBelow(word ^ everyByte('\\'), 1);
  const uint64_t deletes = bytesBelow(word ^ everyByte(0x7F), 1);
  return bytesBelow(word, 0x20) | quotes | backslashes | deletes | (word & everyByte(0x80));
}

char* writeEscape(char* to, char c) {
  const auto byte = static_cast<uint8_t>(c);
  *to++ = '\\';
  *to++ = 'x';
  *to++ = kHex[byte >> 4];
  *to++ = kHex[byte & 15];
  return to;
}

// Where to cut what was written from `from` to `at` so that "..." still fits before `limit`.
char* cutBack(char* from, char* at, const char* limit) {
  while (limit - at < static_cast<ptrdiff_t>(kCut.size())) {
    // A backslash is only ever written by an escape.
    const bool escape = at - from >= static_cast<ptrdiff_t>(kEscapeBytes) && at[-4] == '\\';
    at -= escape ? static_cast<ptrdiff_t>(kEscapeBytes) : 1;
  }
  return at;
}

}  // namespace

size_t plainPrefix(std::string_view text) {
  static_assert(std::endian::native == std::endian::little, "the first byte must be the lowest one");
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    if (const uint64_t bad = notPlain(word)) return at + static_cast<size_t>(std::countr_zero(bad)) / 8;
  }
  while (at < text.size() && isPlain(text[at])) ++at;
  return at;
}

char* escapeText(char* to, size_t maxBytes, std::string_view text) {
  char* const from = to;
  const char* const limit = to + maxBytes;
  while (!text.empty()) {
    const size_t plain = plainPrefix(text);
    const size_t fits = std::min(plain, static_cast<size_t>(limit - to));
    std::memcpy(to, text.data(), fits);
    to += fits;
    text.remove_prefix(fits);
    if (text.empty()) return to;
    if (fits < plain || static_cast<size_t>(limit - to) < kEscapeBytes) {
      to = cutBack(from, to, limit);
      return std::copy(kCut.begin(), kCut.end(), to);
    }
    to = writeEscape(to, text.front());
    text.remove_prefix(1);
  }
  return to;
}

void appendPrintable(std::string& to, std::string_view text, size_t maxBytes) {
  const size_t room = to.size() + maxBytes - kCut.size();
  size_t cut = to.size();  // where "..." may stand in place of what follows
  while (!text.empty()) {
    const size_t length = config::utf8SequenceLength(text);
    const auto first = static_cast<uint8_t>(text[0]);
    const bool c1 = length == 2 && first == 0xC2 && static_cast<uint8_t>(text[1]) < 0xA0;
    if (length == 0 || c1 || first < 0x20 || first == 0x7F) {
      char escape[kEscapeBytes];
      writeEscape(escape, text[0]);
      to.append(escape, kEscapeBytes);
      text.remove_prefix(1);
    } else {
      to += text.substr(0, length);
      text.remove_prefix(length);
    }
    if (to.size() <= room) cut = to.size();
    if (to.size() > room + kCut.size()) {
      to.resize(cut);
      to += kCut;
      return;
    }
  }
}

}  // namespace headgate::log
