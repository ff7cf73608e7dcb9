#pragma once
// UTF-8 (RFC 3629), as far as messages and substituted values need it.

#include <cstddef>
#include <string>
#include <string_view>

namespace headgate::config {

/// Bytes of the well-formed sequence that `text` begins with: 1..4, or 0 if there is none (also when `text` is empty).
[[nodiscard]] size_t utf8SequenceLength(std::string_view text);

/// Whether all of `text` is well-formed.
[[nodiscard]] bool isUtf8(std::string_view text);

/// `text` with '?' for every control character (C0, DEL, C1) and malformed byte: safe for a terminal and for JSON.
[[nodiscard]] std::string printable(std::string_view text);

/// Whether `text` holds a C0 control character or DEL.
[[nodiscard]] bool hasControlCharacters(std::string_view text);

}  // namespace headgate::config
