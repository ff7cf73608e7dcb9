#pragma once
// What a route does with a request beyond choosing its cluster: answers of its own, changes for the backend and for the
// client.

#include "api/filter.h"
#include "source/http/message.h"
#include "source/routing/route.h"

namespace headgate::filters::router {

/// An answer of the route itself is made when a body of up to this size has come, so that the connection can go on; a
/// longer one, or one of unknown length, is not waited for.
inline constexpr uint64_t kMaxAwaitedBody = 64 * 1024;
[[nodiscard]] bool awaitsBody(const http::MessageHead& head);

/// Answers with the route's `redirect` or `respond`.
void answer(const routing::Route& route, api::StreamHandle& stream);

/// The head for the backend: `head` itself or, where the route changes it, a copy in the arena, so that logs go on to
/// show what the client asked for.
[[nodiscard]] base::Result<http::MessageHead*> upstreamHead(const routing::Route& route, http::MessageHead& head,
                                                            api::StreamHandle& stream);

/// The route's `response_headers`, on every response that it has: the backend's, its own, and errors made here.
void changeResponse(const routing::Route& route, http::MessageHead& head, api::StreamHandle& stream);

}  // namespace headgate::filters::router
