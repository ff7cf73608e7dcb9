#include "source/format/json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "source/config/utf8.h"
#include "source/log/escape.h"

namespace headgate::format {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr std::string_view kCut = "...";
constexpr size_t kMaxCharacterBytes = 6;  // \u00HH

// One character of `text` as it stands in a JSON string.
struct Character {
  char bytes[kMaxCharacterBytes];
  size_t size = 0;
  size_t taken = 1;  ///< of the text
};

Character unicodeEscape(uint8_t code, size_t taken) {
  return {{'\\', 'u', '0', '0', kHex[code >> 4], kHex[code & 15]}, 6, taken};
}

Character encodeFirst(std::string_view text) {
  const char c = text.front();
  const auto byte = static_cast<uint8_t>(c);
  if (c == '"' || c == '\\') return {{'\\', c}, 2, 1};
  if (byte < 0x20 || byte == 0x7F) return unicodeEscape(byte, 1);
  const size_t length = config::utf8SequenceLength(text);
  if (length == 0) return {{'\\', 'u', 'f', 'f', 'f', 'd'}, 6, 1};
  if (length == 2 && byte == 0xC2 && static_cast<uint8_t>(text[1]) < 0xA0) {
    return unicodeEscape(static_cast<uint8_t>(text[1]), 2);
  }
  Character same;
  std::copy_n(text.begin(), length, same.bytes);
  same.size = same.taken = length;
  return same;
}

}  // namespace

char* escapeJson(char* to, size_t maxBytes, std::string_view text) {
  if (text.empty()) return to;
  char* const limit = to + maxBytes;
  char* cut = to;  // the last place after which "..." still fits
  const auto room = [&] { return static_cast<size_t>(limit - to); };
  while (!text.empty()) {
    const size_t plain = log::plainPrefix(text);
    if (plain > room()) {
      // Plain bytes may be parted anywhere.
      const size_t before = room() >= kCut.size() ? room() - kCut.size() : 0;
      std::memcpy(to, text.data(), before);
      if (before > 0) cut = to + before;
      break;
    }
    std::memcpy(to, text.data(), plain);
    if (room() >= kCut.size()) cut = to + std::min(plain, room() - kCut.size());
    to += plain;
    text.remove_prefix(plain);
    if (text.empty()) return to;
    const Character character = encodeFirst(text);
    if (character.size > room()) break;
    std::copy_n(character.bytes, character.size, to);
    to += character.size;
    text.remove_prefix(character.taken);
    if (room() >= kCut.size()) cut = to;
    if (text.empty()) return to;
  }
  return std::copy(kCut.begin(), kCut.end(), cut);
}

}  // namespace headgate::format
