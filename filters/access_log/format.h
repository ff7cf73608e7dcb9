#pragma once
// The formats that the option "format" names.

#include <cstdint>
#include <span>
#include <string_view>

#include "source/format/formatter.h"

namespace headgate::filters::access_log {

enum class Format : uint8_t { Default, Json };

/// Envoy's default line, so that what parses that parses ours; docs/access-log.md describes each field. Where Envoy has
/// the header x-envoy-upstream-service-time, which we do not send, stands the time itself; and the path is the path,
/// without x-envoy-original-path before it: a client could send that header, and the log would believe it.
inline constexpr std::string_view kDefaultFormat =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%\" %RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% "
    "%BYTES_SENT% %DURATION% %UPSTREAM_SERVICE_TIME% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"";

/// The fields of a JSON line, in their order.
[[nodiscard]] std::span<const format::Formatter::JsonField> jsonFields();

[[nodiscard]] format::Formatter makeFormatter(Format format);

}  // namespace headgate::filters::access_log
