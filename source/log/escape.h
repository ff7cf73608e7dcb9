#pragma once
// Makes foreign bytes harmless within one line of text.

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::log {

/// Whether `c` stands for itself in a quoted value of a log line: printable ASCII other than the quote and the
/// backslash. Bytes over 0x7E are not: they could be halves of UTF-8, or control characters of a terminal.
[[nodiscard]] constexpr bool isPlain(char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

/// Writes `text` to `to` with every byte that is not plain as \xHH, so that no value can end its quotes, its line or
/// its terminal's patience. At most `maxBytes` (>= 3) bytes are written; what does not fit is cut, at an escape's
/// boundary, and "..." marks the cut. Returns the end of what was written. Does not allocate. `to` has room for
/// `maxBytes`. Any thread.
char* escapeText(char* to, size_t maxBytes, std::string_view text);

/// The bytes at the front of `text` for which isPlain holds.
[[nodiscard]] size_t plainPrefix(std::string_view text);

/// For messages to people: appends `text`, where well-formed UTF-8 stays as it is, quotes and backslashes too, and
/// control characters (C0, DEL, C1) and malformed bytes become \xHH; at most `maxBytes` (>= 3) bytes, cut as above.
void appendPrintable(std::string& to, std::string_view text, size_t maxBytes);

}  // namespace headgate::log
