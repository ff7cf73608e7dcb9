#include "source/config/utf8.h"

#include <algorithm>

namespace headgate::config {
namespace {

bool inRange(char c, unsigned char low, unsigned char high) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

bool isContinuation(char c) { return inRange(c, 0x80, 0xBF); }
bool isC0OrDelete(char c) { return inRange(c, 0, 0x1F) || c == 0x7F; }
// U+0080..U+009F: terminals read U+009B like ESC [.
bool isC1(std::string_view sequence) {
  return sequence.size() == 2 && sequence[0] == '\xC2' && inRange(sequence[1], 0x80, 0x9F);
}

}  // namespace

// The table of RFC 3629 section 4; the narrower second bytes keep out overlong forms, surrogates and what is above
// U+10FFFF.
size_t utf8SequenceLength(std::string_view text) {
  if (text.empty()) return 0;
  const char lead = text[0];
  if (inRange(lead, 0x00, 0x7F)) return 1;
  size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (inRange(lead, 0xC2, 0xDF)) {
    length = 2;
  } else if (inRange(lead, 0xE0, 0xEF)) {
    length = 3;
    if (lead == '\xE0') low = 0xA0;
    if (lead == '\xED') high = 0x9F;
  } else if (inRange(lead, 0xF0, 0xF4)) {
    length = 4;
    if (lead == '\xF0') low = 0x90;
    if (lead == '\xF4') high = 0x8F;
  }
  if (length == 0 || text.size() < length || !inRange(text[1], low, high)) return 0;
  return std::all_of(text.begin() + 2, text.begin() + static_cast<std::ptrdiff_t>(length), isContinuation) ? length : 0;
}

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8SequenceLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = utf8SequenceLength(text);
    const std::string_view sequence = text.substr(0, std::max<size_t>(length, 1));
    if (length == 0 || isC0OrDelete(sequence[0]) || isC1(sequence)) {
      out += '?';
    } else {
      out += sequence;
    }
    text.remove_prefix(sequence.size());
  }
  return out;
}

bool hasControlCharacters(std::string_view text) { return std::any_of(text.begin(), text.end(), isC0OrDelete); }

}  // namespace headgate::config
