#pragma once
// What a log line is made of: %NAME% in a format becomes one Operator.

#include <cstddef>
#include <string>
#include <string_view>

#include "api/stream_info.h"
#include "filters/access_log/line_writer.h"
#include "filters/access_log/start_time.h"
#include "source/base/error.h"
#include "source/http/header_name.h"

namespace headgate::filters::access_log {

/// What an operator writes from and to.
struct LineContext {
  const api::StreamInfo& info;
  StartTimeText& startTime;
  Encoding encoding;
  LineWriter& out;
};

/// A field of a message head: a header, or one of the pseudo-headers :method, :path, :authority, :scheme, :status.
struct FieldName {
  std::string name;  ///< lower-case; empty = none
  http::HeaderName id = http::HeaderName::Other;
};

/// One compiled piece of a format. `write` puts out one value and at most `maxBytes` for it, whatever the facts are.
/// Immutable; shared by workers.
struct Operator {
  using Write = void (*)(const Operator& self, LineContext& context);

  Write write = nullptr;
  size_t maxBytes = 0;
  std::string literal;       ///< of plain text
  FieldName field;           ///< of REQ and RESP
  FieldName fallback;        ///< used where `field` is absent or empty
  size_t maxValueBytes = 0;  ///< of REQ and RESP
};

/// Plain text between operators, written as it is.
[[nodiscard]] Operator makeLiteral(std::string text);

/// Compiles what stands between two percent signs: `PROTOCOL`, `REQ(X-A?:PATH):100`. The error says what was expected.
[[nodiscard]] base::Result<Operator> makeOperator(std::string_view text);

/// Envoy's short name of one flag, such as "UF"; empty for a set of several.
[[nodiscard]] std::string_view flagName(api::ResponseFlag flag);

}  // namespace headgate::filters::access_log
