#pragma once
// A format, compiled once, that turns the facts of an exchange into a line.

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "api/stream_info.h"
#include "filters/access_log/operators.h"
#include "source/base/error.h"

namespace headgate::filters::access_log {

/// A list of operators over StreamInfo. Compiled on main, then immutable and shared by the workers. Writing a line
/// neither allocates nor locks, and no value that comes from outside can end the line, a quoted value, or the JSON.
class Formatter {
 public:
  /// Plain text with operators: `%PROTOCOL%`, `%REQ(X?Y):Z%` (header X, else Y, at most Z bytes); `%%` is a percent
  /// sign. A newline is added. Errors: an unknown operator, a control character, or a line that could be longer than
  /// log::kMaxLineBytes; they say where and what was expected.
  [[nodiscard]] static base::Result<Formatter> text(std::string_view format);

  /// One JSON object a line: keys with one operator each, `{"status", "%RESPONSE_CODE%"}`. Numbers are numbers, lists
  /// are arrays, what is unset is null, all else are strings. Keys must be unique.
  using JsonField = std::pair<std::string_view, std::string_view>;
  [[nodiscard]] static base::Result<Formatter> json(std::span<const JsonField> fields);

  /// The length that no line exceeds, newline included; at most log::kMaxLineBytes.
  [[nodiscard]] size_t maxBytes() const { return maxBytes_; }

  /// Writes the line, with its newline, to `to`, which has room for maxBytes(); returns its length. `startTime` is the
  /// calling worker's.
  size_t write(char* to, const api::StreamInfo& info, StartTimeText& startTime) const;

 private:
  explicit Formatter(Encoding encoding) : encoding_(encoding) {}
  void add(Operator piece);
  [[nodiscard]] base::Status close(std::string_view ending);

  Encoding encoding_;
  std::vector<Operator> operators_;
  size_t maxBytes_ = 0;
};

}  // namespace headgate::filters::access_log
