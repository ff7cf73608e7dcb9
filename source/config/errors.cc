#include "source/config/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "source/config/json_writer.h"
#include "source/config/node.h"
#include "source/config/utf8.h"

namespace headgate::config {
namespace {

struct Position {
  uint32_t line;
  uint32_t column;
};

Position positionOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const size_t newline = before.rfind('\n');
  const std::string_view lineBefore = newline == std::string_view::npos ? before : before.substr(newline + 1);
  // A character is what begins with a byte that is no continuation; right for well-formed text, good enough for the
  // rest.
  const auto characters = std::count_if(lineBefore.begin(), lineBefore.end(),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return {static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
          static_cast<uint32_t>(characters + 1)};
}

void appendLine(std::string& out, const Error& error) {
  out += error.file;
  if (error.line != 0) out += fmt::format(":{}:{}", error.line, error.column);
  if (!error.pointer.empty()) {
    if (!out.empty() && out.back() != '\n') out += ' ';
    out += error.pointer;
  }
  if (!out.empty() && out.back() != '\n') out += ": ";
  out += error.message;
  out += '\n';
}

std::vector<Error> inOrder(std::vector<Error> errors) {
  std::stable_sort(errors.begin(), errors.end(), [](const Error& a, const Error& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  return errors;
}

void writeList(JsonWriter& out, std::string_view key, const std::vector<Error>& errors) {
  out.key(key);
  out.beginArray();
  for (const Error& error : errors) {
    out.beginObject();
    out.key("file");
    out.string(error.file);
    out.key("line");
    out.integer(error.line);
    out.key("column");
    out.integer(error.column);
    out.key("pointer");
    out.string(error.pointer);
    out.key("message");
    out.string(error.message);
    out.endObject();
  }
  out.endArray();
}

}  // namespace

Errors::Errors(std::string file, std::string_view text) : file_(printable(file)), text_(text) {}

void Errors::add(const Node& node, std::string message) { addAt(node.offset(), node.pointer(), std::move(message)); }

void Errors::addAtKey(const Node& node, std::string message) {
  addAt(node.keyOffset(), node.pointer(), std::move(message));
}

void Errors::addAt(size_t offset, std::string pointer, std::string message) {
  if (++count_ > kMaxKept) return;
  errors_.push_back(at(offset, std::move(pointer), std::move(message)));
}

void Errors::warn(const Node& node, std::string message) {
  if (++warningCount_ > kMaxKept) return;
  warnings_.push_back(at(node.offset(), node.pointer(), std::move(message)));
}

Error Errors::at(size_t offset, std::string pointer, std::string message) const {
  Error error{file_, 0, 0, printable(pointer), printable(message)};
  if (!text_.empty()) {
    const Position position = positionOf(text_, offset);
    error.line = position.line;
    error.column = position.column;
  }
  return error;
}

void Errors::addGlobal(std::string where, std::string message) {
  if (++count_ > kMaxKept) return;
  errors_.push_back({printable(where), 0, 0, {}, printable(message)});
}

void Errors::append(const Errors& other) {
  errors_.insert(errors_.end(), other.errors_.begin(), other.errors_.end());
  count_ += other.count_;
  warnings_.insert(warnings_.end(), other.warnings_.begin(), other.warnings_.end());
  warningCount_ += other.warningCount_;
}

std::vector<Error> Errors::sorted() const { return inOrder(errors_); }
std::vector<Error> Errors::sortedWarnings() const { return inOrder(warnings_); }

std::string Errors::text() const {
  std::string out;
  for (const Error& error : sorted()) appendLine(out, error);
  if (count_ > errors_.size()) out += fmt::format("... and {} more\n", count_ - errors_.size());
  return out;
}

std::string Errors::warningText() const {
  std::string out;
  for (Error warning : sortedWarnings()) {
    warning.message.insert(0, "warning: ");
    appendLine(out, warning);
  }
  if (warningCount_ > warnings_.size())
    out += fmt::format("... and {} more warnings\n", warningCount_ - warnings_.size());
  return out;
}

std::string Errors::json() const {
  JsonWriter out(JsonWriter::Layout::Compact);
  out.beginObject();
  out.key("ok");
  out.boolean(empty());
  out.key("count");
  out.integer(count_);
  writeList(out, "errors", sorted());
  writeList(out, "warnings", sortedWarnings());
  out.endObject();
  return out.text();
}

std::string quotedText(std::string_view text, size_t maxBytes) {
  std::string out = "\"";
  while (!text.empty()) {
    if (out.size() > maxBytes) {
      out += "...";
      break;
    }
    const std::string_view sequence = text.substr(0, std::max<size_t>(utf8SequenceLength(text), 1));
    if (sequence == "\"" || sequence == "\\") {
      out += '\\';
      out += sequence;
    } else if (sequence == "\n") {
      out += "\\n";
    } else if (sequence == "\t") {
      out += "\\t";
    } else if (hasControlCharacters(sequence)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(sequence[0]));
    } else {
      out += printable(sequence);
    }
    text.remove_prefix(sequence.size());
  }
  out += '"';
  return out;
}

}  // namespace headgate::config
