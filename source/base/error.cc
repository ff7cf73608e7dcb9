#include "source/base/error.h"

#include <fmt/format.h>

#include <system_error>

namespace headgate::base {
namespace {

struct Facts {
  std::string_view token;
  uint16_t status;
};

constexpr Facts facts(ErrorCode code) {
  switch (code) {
    case ErrorCode::BadRequest: return {"bad_request", 400};
    case ErrorCode::UriTooLong: return {"uri_too_long", 414};
    case ErrorCode::HeadersTooLarge: return {"headers_too_large", 431};
    case ErrorCode::BodyTooLarge: return {"body_too_large", 413};
    case ErrorCode::MethodNotAllowed: return {"method_not_allowed", 405};
    case ErrorCode::ExpectationFailed: return {"expectation_failed", 417};
    case ErrorCode::VersionNotSupported: return {"version_not_supported", 505};
    case ErrorCode::NotImplemented: return {"not_implemented", 501};
    case ErrorCode::RequestTimeout: return {"request_timeout", 408};
    case ErrorCode::DownstreamReset: return {"downstream_reset", 0};
    case ErrorCode::DownstreamWriteIdle: return {"downstream_write_idle", 0};
    case ErrorCode::RouteNotFound: return {"route_not_found", 404};
    case ErrorCode::ClusterNotFound: return {"cluster_not_found", 503};
    case ErrorCode::NoHealthyUpstream: return {"no_healthy_upstream", 503};
    case ErrorCode::Overflow: return {"overflow", 503};
    case ErrorCode::Draining: return {"draining", 503};
    case ErrorCode::Internal: return {"internal_error", 500};
    case ErrorCode::ConnectFailed: return {"upstream_connect_failed", 503};
    case ErrorCode::ConnectTimeout: return {"upstream_connect_timeout", 504};
    case ErrorCode::RefusedStream: return {"upstream_refused_stream", 503};
    case ErrorCode::Unsent: return {"upstream_lost_before_sending", 503};
    case ErrorCode::UpstreamReset: return {"upstream_reset_before_response", 502};
    case ErrorCode::UpstreamTruncated: return {"upstream_truncated_response", 502};
    case ErrorCode::UpstreamProtocol: return {"upstream_protocol_error", 502};
    case ErrorCode::UpstreamBodyTooLarge: return {"upstream_body_too_large", 502};
    case ErrorCode::UpstreamTimeout: return {"upstream_timeout", 504};
    case ErrorCode::PerTryTimeout: return {"upstream_per_try_timeout", 504};
    case ErrorCode::StreamIdle: return {"stream_idle_timeout", 504};
    case ErrorCode::Config: return {"bad_config", 500};
    case ErrorCode::Io: return {"io_error", 500};
  }
  return {"internal_error", 500};
}

}  // namespace

std::string_view reasonToken(ErrorCode code) { return facts(code).token; }
uint16_t httpStatus(ErrorCode code) { return facts(code).status; }

Error ioError(std::string_view what, int errnum) {
  return Error{ErrorCode::Io, ErrorSource::Local, false,
               fmt::format("{}: {}", what, std::generic_category().message(errnum))};
}

}  // namespace headgate::base
