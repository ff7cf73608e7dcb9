#pragma once
// A strict reader of the structured fields that the limiter writes (RFC 9651): a list of one String with Integer
// parameters.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace headgate::filters::ratelimit {

struct Item {
  std::string value;
  std::map<std::string, int64_t> parameters;
};

/// Nothing unless `text` is, to the last byte, `"value";key=123;...` with keys of RFC 9651 section 3.1.2, none twice,
/// and integers of section 3.3.1.
inline std::optional<Item> parseItem(std::string_view text) {
  const auto next = [&text]() -> char {
    if (text.empty()) return '\0';
    const char c = text.front();
    text.remove_prefix(1);
    return c;
  };
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  const auto isLower = [](char c) { return c >= 'a' && c <= 'z'; };
  Item item;
  if (next() != '"') return std::nullopt;
  for (char c = next(); c != '"'; c = next()) {
    if (c < 0x20 || c > 0x7e) return std::nullopt;
    if (c == '\\') {
      c = next();
      if (c != '"' && c != '\\') return std::nullopt;
    }
    item.value += c;
  }
  while (!text.empty()) {
    if (next() != ';') return std::nullopt;
    std::string key;
    while (!text.empty() && text.front() != '=') key += next();
    if (key.empty() || !(isLower(key.front()) || key.front() == '*')) return std::nullopt;
    for (const char c : key) {
      if (!isLower(c) && !isDigit(c) && std::string_view("_-.*").find(c) == std::string_view::npos) return std::nullopt;
    }
    if (next() != '=') return std::nullopt;
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) next();
    std::string digits;
    while (!text.empty() && isDigit(text.front())) digits += next();
    if (digits.empty() || digits.size() > 15) return std::nullopt;
    const int64_t number = std::stoll(digits) * (negative ? -1 : 1);
    if (!item.parameters.emplace(key, number).second) return std::nullopt;
  }
  return item;
}

}  // namespace headgate::filters::ratelimit
