#pragma once
// What went wrong, who caused it, and whether trying again could help.

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace headgate::base {

/// Every way in which Headgate refuses or loses something. `reasonToken()` gives the stable snake_case word that logs,
/// access-log details and error bodies carry; tokens never change once released.
enum class ErrorCode : uint8_t {
  // the request (downstream)
  BadRequest,           ///< malformed head, framing or body; 400
  UriTooLong,           ///< 414
  HeadersTooLarge,      ///< 431
  BodyTooLarge,         ///< 413
  MethodNotAllowed,     ///< CONNECT and the like; 405
  ExpectationFailed,    ///< an Expect other than 100-continue; 417
  VersionNotSupported,  ///< 505
  NotImplemented,       ///< unknown transfer coding; 501
  RequestTimeout,       ///< head or body did not come in time; 408
  DownstreamReset,      ///< the client went away
  DownstreamWriteIdle,  ///< the client stopped taking the response
  // our own decision
  RouteNotFound,      ///< 404
  ClusterNotFound,    ///< 503
  NoHealthyUpstream,  ///< 503
  Overflow,           ///< a circuit breaker or a bound; 503
  Draining,           ///< 503
  Internal,           ///< 500
  // the backend (upstream)
  ConnectFailed,         ///< refused, unreachable; nothing was sent; 503
  ConnectTimeout,        ///< nothing was sent; 504
  RefusedStream,         ///< the peer says that it did not process the request; 503
  Unsent,                ///< the connection was lost before a byte of the request left; 503
  UpstreamReset,         ///< lost after the request began to leave and before a response byte; 502
  UpstreamTruncated,     ///< lost within the response; the client sees a truncated response
  UpstreamProtocol,      ///< the response breaks the protocol; 502
  UpstreamBodyTooLarge,  ///< a filter wanted to see the whole response body; 502
  UpstreamTimeout,       ///< no response head in the route's timeout; 504
  PerTryTimeout,         ///< no response head in the attempt's timeout; 504
  StreamIdle,            ///< nothing moved in either direction; 504, or 408 while the request is incomplete
  // the operator's files
  Config,  ///< configuration or command line
  Io,      ///< a file or socket operation
};

enum class ErrorSource : uint8_t { Downstream, Local, Upstream, Config };

/// An error as a value. `retryable` says that the failed request provably caused nothing and may be sent again whatever
/// its method; an idempotent one may be sent again in more cases (the router's retry policy decides).
struct Error {
  ErrorCode code = ErrorCode::Internal;
  ErrorSource source = ErrorSource::Local;
  bool retryable = false;
  std::string message;  ///< for a person: where, what was expected, what came
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] std::string_view reasonToken(ErrorCode code);

/// The HTTP status that a client gets for `code` when no response has begun.
[[nodiscard]] uint16_t httpStatus(ErrorCode code);

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, ErrorSource source, std::string message,
                                                bool retryable = false) {
  return tl::unexpected<Error>(Error{code, source, retryable, std::move(message)});
}

/// `what: strerror(errno)` as an Io error.
[[nodiscard]] Error ioError(std::string_view what, int errnum);

}  // namespace headgate::base
