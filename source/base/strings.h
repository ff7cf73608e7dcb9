#pragma once
// Small text operations that the standard library of C++20 lacks. ASCII only, no locale.

#include <cstdint>
#include <optional>
#include <string_view>

namespace headgate::base {

[[nodiscard]] constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
[[nodiscard]] constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }

[[nodiscard]] bool equalsIgnoreCase(std::string_view a, std::string_view b);

/// Without spaces and tabs at both ends (the OWS of RFC 9110 section 5.6.3).
[[nodiscard]] std::string_view trim(std::string_view text);

/// A decimal number of digits alone: no sign, no space, no overflow; nothing else is accepted.
[[nodiscard]] std::optional<uint64_t> parseDecimal(std::string_view text);

/// Calls `visit(element)` for each non-empty element of a comma-separated list (RFC 9110 section 5.6.1).
template <typename Visit>
void forEachListElement(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    if (!element.empty()) visit(element);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

/// Levenshtein distance, for "did you mean".
[[nodiscard]] unsigned editDistance(std::string_view a, std::string_view b);

}  // namespace headgate::base
