#include "source/format/encoding.h"

#include <algorithm>
#include <cstring>

#include "source/config/utf8.h"
#include "source/format/json_text.h"
#include "source/http/characters.h"
#include "source/log/escape.h"

namespace headgate::format {
namespace {

char* encodePlain(char* to, size_t maxBytes, std::string_view text) {
  text = text.substr(0, maxBytes);
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* stop = http::skipFieldValue(at, end);
    std::memcpy(to, at, static_cast<size_t>(stop - at));
    to += stop - at;
    at = stop;
    if (at == end) break;
    *to++ = ' ';
    ++at;
  }
  return to;
}

// What stands for the first character of `text`, which is `taken` bytes long.
std::string_view htmlCharacter(std::string_view text, size_t& taken) {
  taken = 1;
  switch (text.front()) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: break;
  }
  if (!http::is(text.front(), http::kFieldValueChar)) return " ";
  taken = std::max<size_t>(config::utf8SequenceLength(text), 1);
  // A lone byte of something else than UTF-8 could join what follows it into another character.
  if (taken == 1 && static_cast<unsigned char>(text.front()) >= 0x80) return "?";
  return text.substr(0, taken);
}

char* encodeHtml(char* to, size_t maxBytes, std::string_view text) {
  const char* const limit = to + maxBytes;
  while (!text.empty()) {
    size_t taken = 0;
    const std::string_view out = htmlCharacter(text, taken);
    if (out.size() > static_cast<size_t>(limit - to)) return to;
    to = std::copy(out.begin(), out.end(), to);
    text.remove_prefix(taken);
  }
  return to;
}

}  // namespace

char* encode(char* to, size_t maxBytes, std::string_view text, Encoding encoding) {
  switch (encoding) {
    case Encoding::Text: return log::escapeText(to, maxBytes, text);
    case Encoding::Json:
    case Encoding::JsonText: return escapeJson(to, maxBytes, text);
    case Encoding::Plain: return encodePlain(to, maxBytes, text);
    case Encoding::Html: return encodeHtml(to, maxBytes, text);
  }
  return to;
}

}  // namespace headgate::format
