#pragma once
// The inside of a JSON string, written without allocating.

#include <cstddef>
#include <string_view>

namespace headgate::format {

/// Writes `text` as it stands between the quotes of a JSON string (RFC 8259 section 7): quotes and backslashes escaped,
/// control characters (C0, DEL, C1) as \u00HH, well-formed UTF-8 as it is, and each malformed byte as \ufffd, so that
/// the line is valid JSON in UTF-8 whatever came. At most `maxBytes` (>= 3) bytes; what does not fit is cut between
/// characters, and "..." marks the cut. Returns the end of what was written. `to` has room for `maxBytes`.
char* escapeJson(char* to, size_t maxBytes, std::string_view text);

}  // namespace headgate::format
