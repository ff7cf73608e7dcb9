#include "filters/access_log/format.h"

namespace headgate::filters::access_log {
namespace {

// Names never change once released; new ones may come anywhere.
constexpr format::Formatter::JsonField kJsonFields[] = {
    {"start_time", "%START_TIME%"},
    {"request_id", "%REQ(X-REQUEST-ID)%"},
    {"connection_id", "%CONNECTION_ID%"},
    {"remote_address", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"},
    {"forwarded_for", "%REQ(X-FORWARDED-FOR)%"},
    {"client_id", "%CLIENT_ID%"},
    {"method", "%REQ(:METHOD)%"},
    {"scheme", "%REQ(:SCHEME)%"},
    {"authority", "%REQ(:AUTHORITY)%"},
    {"path", "%REQ(:PATH)%"},
    {"protocol", "%PROTOCOL%"},
    {"user_agent", "%REQ(USER-AGENT)%"},
    {"status", "%RESPONSE_CODE%"},
    {"flags", "%RESPONSE_FLAGS%"},
    {"details", "%RESPONSE_CODE_DETAILS%"},
    {"rate_limit", "%RATE_LIMIT%"},
    {"bytes_received", "%BYTES_RECEIVED%"},
    {"bytes_sent", "%BYTES_SENT%"},
    {"duration_ms", "%DURATION%"},
    {"request_duration_ms", "%REQUEST_DURATION%"},
    {"response_duration_ms", "%RESPONSE_DURATION%"},
    {"upstream_service_ms", "%UPSTREAM_SERVICE_TIME%"},
    {"cluster", "%UPSTREAM_CLUSTER%"},
    {"upstream_host", "%UPSTREAM_HOST%"},
    {"attempt_count", "%UPSTREAM_REQUEST_ATTEMPT_COUNT%"},
    {"attempts", "%HOSTS_TRIED%"},
};

}  // namespace

std::span<const format::Formatter::JsonField> jsonFields() { return kJsonFields; }

// Our own formats compile; a test sees to it.
format::Formatter makeFormatter(Format format) {
  switch (format) {
    case Format::Default: return format::Formatter::line(kDefaultFormat).value();
    case Format::Json: return format::Formatter::jsonLine(kJsonFields).value();
  }
  return format::Formatter::line(kDefaultFormat).value();
}

}  // namespace headgate::filters::access_log
