#pragma once
// What formatted texts are made from.

#include <string_view>

#include "api/stream_info.h"

namespace headgate::format {

/// The facts of an exchange as operators see them; made on the stack for one call. Everything must outlive the call.
struct Facts {
  /// The exchange is over, or its heads are those that the info has.
  explicit Facts(const api::StreamInfo& streamInfo)
      : info(streamInfo), request(streamInfo.request), response(streamInfo.response) {}

  const api::StreamInfo& info;
  const http::MessageHead* request;   ///< %REQ%; null: none
  const http::MessageHead* response;  ///< %RESP%: while the exchange runs, the head at hand; null: none
  std::string_view message;           ///< %LOCAL_REPLY_BODY%: why the proxy answers itself
  base::MonotonicTime now = 0;        ///< while the exchange runs: the end of %DURATION%; 0: unset until it is over
};

}  // namespace headgate::format
