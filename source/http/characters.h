#pragma once
// The character classes of RFC 9110 and RFC 3986 as tables: one look-up a byte instead of a chain of comparisons.

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "source/base/strings.h"

namespace headgate::http {

/// What a byte may be part of; bits of `characterFacts`.
enum CharacterFact : uint8_t {
  kTokenChar = 1,       ///< RFC 9110 section 5.6.2 (method, field name, connection option)
  kFieldValueChar = 2,  ///< RFC 9110 section 5.5: VCHAR, obs-text, SP, HTAB
  kTargetChar = 4,      ///< VCHAR: what may stand between the spaces of a request line
  kPathChar =
      8,  ///< a raw byte of a path: VCHAR without '#', '?' and '\\' (RFC 3986 allows fewer, browsers send these)
  kQueryChar = 16,   ///< a raw byte of a query: VCHAR without '#'
  kUnreserved = 32,  ///< RFC 3986 section 2.3
  kHostChar = 64     ///< RFC 3986 section 3.2.2: reg-name without percent-encoding, which no DNS name needs
};

namespace detail {

constexpr bool isAlpha(unsigned c) { return (c | 0x20U) >= 'a' && (c | 0x20U) <= 'z'; }
constexpr bool isOneOf(unsigned c, std::string_view set) {
  return set.find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr std::array<uint8_t, 256> buildCharacterFacts() {
  std::array<uint8_t, 256> facts{};
  for (unsigned c = 0; c < facts.size(); ++c) {
    const bool isVisible = c > 0x20 && c < 0x7F;
    const bool isAlnum = isAlpha(c) || (c >= '0' && c <= '9');
    unsigned bits = 0;
    if (isAlnum || (isVisible && isOneOf(c, "!#$%&'*+-.^_`|~"))) bits |= kTokenChar;
    if (isVisible || c == ' ' || c == '\t' || c >= 0x80) bits |= kFieldValueChar;
    if (isVisible) bits |= kTargetChar;
    if (isVisible && !isOneOf(c, "#?\\")) bits |= kPathChar;
    if (isVisible && c != '#') bits |= kQueryChar;
    if (isAlnum || (isVisible && isOneOf(c, "-._~"))) bits |= kUnreserved;
    if (isAlnum || (isVisible && isOneOf(c, "-._~!$&'()*+,;="))) bits |= kHostChar;
    facts[c] = static_cast<uint8_t>(bits);
  }
  return facts;
}
inline constexpr std::array<uint8_t, 256> kCharacterFacts = buildCharacterFacts();

// The lower-case byte where `fact` holds, else 0: validates and lowers in one look-up.
constexpr std::array<char, 256> buildLower(CharacterFact fact) {
  std::array<char, 256> lower{};
  for (unsigned c = 0; c < lower.size(); ++c) {
    if ((kCharacterFacts[c] & fact) != 0) lower[c] = base::lower(static_cast<char>(c));
  }
  return lower;
}
inline constexpr std::array<char, 256> kLowerToken = buildLower(kTokenChar);
inline constexpr std::array<char, 256> kLowerHost = buildLower(kHostChar);

constexpr std::array<int8_t, 256> buildHexValues() {
  std::array<int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (unsigned c = '0'; c <= '9'; ++c) values[c] = static_cast<int8_t>(c - '0');
  for (unsigned c = 0; c < 6; ++c) values['a' + c] = values['A' + c] = static_cast<int8_t>(10 + c);
  return values;
}
inline constexpr std::array<int8_t, 256> kHexValues = buildHexValues();

}  // namespace detail

/// A set of CharacterFact bits.
[[nodiscard]] constexpr uint8_t characterFacts(char c) {
  return detail::kCharacterFacts[static_cast<unsigned char>(c)];
}
[[nodiscard]] constexpr bool is(char c, CharacterFact fact) { return (characterFacts(c) & fact) != 0; }
/// `c` in lower case, or 0 when it is no token character.
[[nodiscard]] constexpr char lowerToken(char c) { return detail::kLowerToken[static_cast<unsigned char>(c)]; }
/// `c` in lower case, or 0 when it is no host character.
[[nodiscard]] constexpr char lowerHost(char c) { return detail::kLowerHost[static_cast<unsigned char>(c)]; }
/// 0..15, or -1 when `c` is no hexadecimal digit.
[[nodiscard]] constexpr int hexValue(char c) { return detail::kHexValues[static_cast<unsigned char>(c)]; }

/// The first byte of [at, end) that lacks `fact`, or `end`.
[[nodiscard]] constexpr const char* skip(const char* at, const char* end, CharacterFact fact) {
  while (at != end && is(*at, fact)) ++at;
  return at;
}

[[nodiscard]] constexpr bool isToken(std::string_view text) {
  return !text.empty() && skip(text.data(), text.data() + text.size(), kTokenChar) == text.data() + text.size();
}

/// The first byte of [at, end) that no field value may hold, or `end`. Eight bytes a step: values are most of a head.
[[nodiscard]] inline const char* skipFieldValue(const char* at, const char* end) {
  constexpr uint64_t kOnes = 0x0101010101010101U;
  constexpr uint64_t kHigh = 0x80 * kOnes;
  while (end - at >= 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    const uint64_t isControl = (word - 0x20 * kOnes) & ~word;
    const uint64_t fromDel = word ^ (0x7F * kOnes);
    const uint64_t isDel = (fromDel - kOnes) & ~fromDel;
    if (((isControl | isDel) & kHigh) != 0) {  // one of the eight is a control character; HTAB is fine
      const char* stop = skip(at, at + 8, kFieldValueChar);
      if (stop != at + 8) return stop;
    }
    at += 8;
  }
  return skip(at, end, kFieldValueChar);
}

/// `text` in quotes for an error message: bytes that are not printable as \xNN, cut after 48 bytes.
[[nodiscard]] inline std::string inQuotes(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result = "\"";
  for (const char c : text.substr(0, 48)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      result += c;
    } else {
      result += "\\x";
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  result += text.size() > 48 ? "...\"" : "\"";
  return result;
}

}  // namespace headgate::http
