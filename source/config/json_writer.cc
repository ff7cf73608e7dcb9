#include "source/config/json_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "source/config/utf8.h"

namespace headgate::config {

void JsonWriter::begin(char bracket) {
  beforeValue();
  out_ += bracket;
  hasElements_.push_back(false);
}

void JsonWriter::end(char bracket) {
  const bool hadElements = hasElements_.back();
  hasElements_.pop_back();
  if (hadElements) newLine();
  out_ += bracket;
}

void JsonWriter::key(std::string_view key) {
  beforeValue();
  quote(key);
  out_ += layout_ == Layout::Pretty ? ": " : ":";
  afterKey_ = true;
}

void JsonWriter::string(std::string_view value) {
  beforeValue();
  quote(value);
}

void JsonWriter::integer(uint64_t value) {
  beforeValue();
  out_ += std::to_string(value);
}

void JsonWriter::number(double value) {
  beforeValue();
  fmt::format_to(std::back_inserter(out_), "{}", value);
}

void JsonWriter::boolean(bool value) {
  beforeValue();
  out_ += value ? "true" : "false";
}

void JsonWriter::null() {
  beforeValue();
  out_ += "null";
}

void JsonWriter::beforeValue() {
  if (afterKey_) {
    afterKey_ = false;
    return;
  }
  if (hasElements_.empty()) return;
  if (hasElements_.back()) out_ += ',';
  hasElements_.back() = true;
  newLine();
}

void JsonWriter::newLine() {
  if (layout_ == Layout::Compact) return;
  out_ += '\n';
  out_.append(2 * hasElements_.size(), ' ');
}

// RFC 8259 section 7: quotes, backslashes and C0 controls must be escaped, the rest may stand as it is.
void JsonWriter::quote(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const size_t length = utf8SequenceLength(text);
    const char first = text.front();
    if (length == 0) {
      out_ += '?';
    } else if (first == '"' || first == '\\') {
      out_ += '\\';
      out_ += first;
    } else if (static_cast<unsigned char>(first) < 0x20) {
      fmt::format_to(std::back_inserter(out_), "\\u{:04x}", static_cast<unsigned>(first));
    } else {
      out_ += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  out_ += '"';
}

}  // namespace headgate::config
