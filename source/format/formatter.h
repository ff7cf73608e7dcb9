#pragma once
// A format, compiled once, that turns the facts of an exchange into text: lines of logs, header values, error bodies.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/arena.h"
#include "source/base/error.h"
#include "source/config/node.h"
#include "source/format/facts.h"
#include "source/format/operators.h"

namespace headgate::format {

/// A list of operators over Facts: `%PROTOCOL%`, `%REQ(X?Y):Z%` (header X, else Y, at most Z bytes of it); `%%` is a
/// percent sign. Compiled on main, then immutable, copyable and shared by the workers. Writing neither allocates nor
/// locks, and no value that comes from outside can end the line, a quoted value, the JSON or the header. Errors of the
/// makers: an unknown operator, a control character, or a text that could be longer than kMaxBytes; they say where and
/// what was expected.
class Formatter {
 public:
  /// The longest text, newline included.
  static constexpr size_t kMaxBytes = 32 * 1024;

  /// A line of a text log: a newline is added, what is unset is "-".
  [[nodiscard]] static base::Result<Formatter> line(std::string_view format);

  /// One JSON object a line: keys with one operator each, `{"status", "%RESPONSE_CODE%"}`. Numbers are numbers, lists
  /// are arrays, what is unset is null, all else are strings. Keys must be unique.
  using JsonField = std::pair<std::string_view, std::string_view>;
  [[nodiscard]] static base::Result<Formatter> jsonLine(std::span<const JsonField> fields);

  /// A JSON object of any shape, as the configuration has it: a string that is one operator becomes its typed value,
  /// other operators are written within their strings, numbers, booleans and nulls stay. `line`: with a newline.
  [[nodiscard]] static base::Result<Formatter> json(const config::Node& object, bool line);

  /// A text body; newlines of its own are kept. `html`: values lose what markup is made of.
  [[nodiscard]] static base::Result<Formatter> body(std::string_view format, bool html);

  /// The value of a header: what is unset is nothing, so the value may be empty as a whole; spaces at its ends are not
  /// written. The format's own text must be allowed in a field value (RFC 9110 section 5.5).
  [[nodiscard]] static base::Result<Formatter> headerValue(std::string_view format);

  /// The length that no text exceeds; at most kMaxBytes.
  [[nodiscard]] size_t maxBytes() const { return maxBytes_; }

  /// Writes the text to `to`, which has room for maxBytes(); returns its length. `startTime` is the calling worker's.
  size_t write(char* to, const Facts& facts, StartTimeText& startTime) const;

  /// The text in the arena; a format without operators is not copied, so the Formatter must live as long.
  [[nodiscard]] std::string_view write(base::Arena& arena, const Facts& facts) const;

 private:
  Formatter() = default;
  [[nodiscard]] base::Status append(std::string_view format, Encoding encoding);
  [[nodiscard]] base::Status appendJson(const config::Node& value);
  [[nodiscard]] base::Status appendJsonText(std::string_view format);
  void addLiteral(std::string_view text);
  void add(Operator piece);
  [[nodiscard]] base::Status close() const;

  std::vector<Operator> operators_;  ///< never two literals in a row
  size_t maxBytes_ = 0;
  bool trim_ = false;
};

}  // namespace headgate::format
