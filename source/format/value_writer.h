#pragma once
// Writes the pieces of a formatted text into memory that is large enough.

#include <cassert>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "source/format/encoding.h"

namespace headgate::format {

/// The bytes that any integer needs at most, sign included.
inline constexpr size_t kMaxIntegerBytes = 20;

/// A cursor over the room that a Formatter has reserved by its operators' maxima: the writes are not checked against
/// the end, except by assertions; whatever comes from outside is bounded by the call that writes it.
class ValueWriter {
 public:
  ValueWriter(char* from, size_t room) : at_(from), begin_(from), end_(from + room) {}

  [[nodiscard]] size_t size() const { return static_cast<size_t>(at_ - begin_); }

  void raw(std::string_view text) {
    assert(text.size() <= room());
    at_ += text.copy(at_, text.size());  // memcpy would not take the null pointer of an empty view
  }
  void raw(char c) {
    assert(room() >= 1);
    *at_++ = c;
  }
  void integer(uint64_t value) {
    assert(room() >= kMaxIntegerBytes);
    at_ = std::to_chars(at_, at_ + kMaxIntegerBytes, value).ptr;
  }
  /// `digits` digits with leading zeros; higher ones are left out.
  void padded(uint64_t value, int digits) {
    assert(room() >= static_cast<size_t>(digits));
    for (int i = digits - 1; i >= 0; --i, value /= 10) at_[i] = static_cast<char>('0' + value % 10);
    at_ += digits;
  }
  /// Foreign bytes, made harmless, at most `maxBytes` of output; for Json within quotes that the caller writes.
  void encoded(std::string_view text, size_t maxBytes, Encoding encoding) {
    assert(room() >= maxBytes);
    at_ = encode(at_, maxBytes, text, encoding);
  }
  /// A whole value: unset when `text` is empty; in quotes for Json, which come on top of `maxBytes`.
  void value(std::string_view text, size_t maxBytes, Encoding encoding) {
    if (text.empty()) return unset(encoding);
    if (encoding == Encoding::Json) raw('"');
    encoded(text, maxBytes, encoding);
    if (encoding == Encoding::Json) raw('"');
  }
  void unset(Encoding encoding) { raw(unsetText(encoding)); }

 private:
  [[nodiscard]] size_t room() const { return static_cast<size_t>(end_ - at_); }

  char* at_;
  char* const begin_;
  [[maybe_unused]] char* const end_;
};

}  // namespace headgate::format
