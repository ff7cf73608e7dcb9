#pragma once
// How foreign bytes are made harmless for the place where a formatted value goes.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::format {

/// Where a value goes, and so what could do harm there and what stands for one that is unset.
enum class Encoding : uint8_t {
  Text,      ///< a line of a log: \xHH; unset is -
  Json,      ///< a whole JSON value: strings in quotes, numbers bare, lists as arrays; unset is null
  JsonText,  ///< a part of a JSON string whose quotes the format writes; unset is -
  Plain,     ///< a header value or a text body: bytes that no field value may hold become spaces; unset is nothing
  Html,      ///< the text of an HTML or XML body: as Plain, and with entities for the characters that markup is made of
};

/// The most bytes of output that one byte of input becomes.
[[nodiscard]] constexpr size_t expansion(Encoding encoding) {
  switch (encoding) {
    case Encoding::Text: return 4;  // \xHH
    case Encoding::Json:
    case Encoding::JsonText: return 6;  // \u00HH
    case Encoding::Plain: return 1;
    case Encoding::Html: return 6;  // &quot;
  }
  return 6;
}

/// Writes `text` to `to`, which has room for `maxBytes` (>= 3); what does not fit is cut between characters, in logs
/// with
/// "..." at the cut. The quotes of Json are the caller's. Returns the end of what was written. Does not allocate.
char* encode(char* to, size_t maxBytes, std::string_view text, Encoding encoding);

/// What stands for an unset value.
[[nodiscard]] constexpr std::string_view unsetText(Encoding encoding) {
  switch (encoding) {
    case Encoding::Text:
    case Encoding::JsonText: return "-";
    case Encoding::Json: return "null";
    case Encoding::Plain:
    case Encoding::Html: return {};
  }
  return {};
}

}  // namespace headgate::format
