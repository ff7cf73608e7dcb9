#pragma once
// What a format is made of: %NAME% becomes one Operator.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "source/base/error.h"
#include "source/format/facts.h"
#include "source/format/start_time.h"
#include "source/format/time_pattern.h"
#include "source/format/value_writer.h"
#include "source/http/header_name.h"

namespace headgate::format {

/// What an operator writes from and to.
struct Context {
  const Facts& facts;
  const api::StreamInfo& info;  ///< of the facts
  StartTimeText& startTime;
  ValueWriter& out;
  Encoding encoding;  ///< of the operator that writes
};

/// A field of a message head: a header, or one of the pseudo-headers :method, :path, :authority, :scheme, :status.
struct FieldName {
  std::string name;  ///< lower-case; empty = none
  http::HeaderName id = http::HeaderName::Other;
};

/// One compiled piece of a format. `write` puts out one value and at most `maxBytes` for it, whatever the facts are.
/// Immutable; shared by workers.
struct Operator {
  using Write = void (*)(const Operator& self, Context& context);

  Write write = nullptr;  ///< null: a literal
  size_t maxBytes = 0;
  Encoding encoding = Encoding::Text;
  std::string literal;                      ///< plain text, as it is
  FieldName field;                          ///< of REQ, RESP and TRAILER; its name is the host's of HOSTNAME
  FieldName fallback;                       ///< used where `field` is absent or empty
  size_t maxInputBytes = 0;                 ///< of REQ and RESP: what of the value is taken
  size_t maxValueBytes = 0;                 ///< of REQ and RESP: of output
  std::shared_ptr<const TimePattern> time;  ///< of START_TIME with a pattern
};

/// Plain text between operators, written as it is.
[[nodiscard]] Operator makeLiteral(std::string text);

/// Compiles what stands between two percent signs: `PROTOCOL`, `REQ(X-A?:PATH):100`. The error says what was expected.
[[nodiscard]] base::Result<Operator> makeOperator(std::string_view text, Encoding encoding);

/// The flag of a short name such as "UF"; 0 if there is none.
[[nodiscard]] uint32_t flagOf(std::string_view name);
/// Envoy's short name of one flag, such as "UF"; empty for a set of several.
[[nodiscard]] std::string_view flagName(api::ResponseFlag flag);

}  // namespace headgate::format
