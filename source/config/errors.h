#pragma once
// What is wrong with a document: all of it at once, each with its place, what was expected and what came.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

class Node;

/// One mistake. `line` and `column` start at 1 and count Unicode characters; 0 = not from a place in a file.
struct Error {
  std::string file;  ///< the document's name as the user gave it; or a flag or variable such as "--listen"
  uint32_t line = 0;
  uint32_t column = 0;
  std::string
      pointer;  ///< JSON Pointer (RFC 6901) of the value, whether it exists or is missed; empty = whole document
  std::string message;  ///< e.g. `expected a duration such as "5s", got "5sec"`
};

/// Collects the mistakes of one document. Not thread-safe; one for each reading of a document.
class Errors {
 public:
  /// What is kept; more are only counted. A person mends the first ones and reads again.
  static constexpr size_t kMaxKept = 100;

  /// For documents without text, such as a set of flags.
  Errors() = default;
  /// `file` is the name shown; `text` is copied, so that offsets become line:column whenever a mistake is found.
  Errors(std::string file, std::string_view text);

  /// At the value of `node`.
  void add(const Node& node, std::string message);
  /// At the key of `node`, a member of an object.
  void addAtKey(const Node& node, std::string message);
  /// At byte `offset` of the text, for a value with this JSON Pointer.
  void addAt(size_t offset, std::string pointer, std::string message);
  /// At the value of `node`, what works but is hardly meant. Warnings are kept apart: a document that has nothing else
  /// is good.
  void warn(const Node& node, std::string message);
  /// Not at a place in the document: `where` is a flag, a variable or a file name.
  void addGlobal(std::string where, std::string message);

  /// The mistakes of another document, to be reported together with these.
  void append(const Errors& other);

  [[nodiscard]] bool empty() const { return count_ == 0; }
  /// All that were added, also those beyond kMaxKept.
  [[nodiscard]] size_t count() const { return count_; }
  /// In the order of the document; those without a place first.
  [[nodiscard]] std::vector<Error> sorted() const;
  [[nodiscard]] const std::string& file() const { return file_; }
  /// In the order of the document.
  [[nodiscard]] std::vector<Error> sortedWarnings() const;

  /// One line each, `proxy.json:41:17 /clusters/2/connect_timeout: expected a duration such as "5s", got "5sec"`, with
  /// a newline at the end of each.
  [[nodiscard]] std::string text() const;
  /// The warnings, likewise, with "warning: " before each message.
  [[nodiscard]] std::string warningText() const;
  /// `{"ok":false,"count":1,"errors":[{"file":"...","line":41,"column":17,"pointer":"...","message":"..."}],"warnings":[]}`
  /// and a newline.
  [[nodiscard]] std::string json() const;

 private:
  [[nodiscard]] Error at(size_t offset, std::string pointer, std::string message) const;

  std::string file_;
  std::string text_;  ///< to count the characters of a line
  std::vector<Error> errors_;
  size_t count_ = 0;
  std::vector<Error> warnings_;
  size_t warningCount_ = 0;
};

/// `text` as a JSON string in quotes, with control characters escaped, cut after `maxBytes` with "..."; for messages,
/// so that a document cannot paint the terminal of who reads its errors.
[[nodiscard]] std::string quotedText(std::string_view text, size_t maxBytes = 80);

}  // namespace headgate::config
