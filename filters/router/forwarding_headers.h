#pragma once
// What an intermediary adds to the messages that it passes on.

#include "api/stream_info.h"
#include "filters/router/request_id.h"
#include "source/http/message.h"

namespace headgate::filters::router {

/// X-Forwarded-For gets the peer's address appended; X-Forwarded-Proto and X-Forwarded-Host say how the client came
/// (replaced: no client is trusted to say it; kept when `trusted_hops` proxies said it); X-Request-ID is kept when it
/// is sane (1 to 128 visible ASCII characters), else made; Via per RFC 9110 section 7.6.3.
void addForwardingHeaders(http::MessageHead& head, const api::StreamInfo& info, RequestIds& ids);

/// Via on the way back.
void addResponseHeaders(http::MessageHead& head);

}  // namespace headgate::filters::router
