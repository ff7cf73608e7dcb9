#pragma once
// Requests that this proxy itself must answer.

#include "source/http/message.h"

namespace headgate::filters::router {

/// Whether the request ends here: OPTIONS *, which asks about the server as a whole (RFC 9110 section 9.3.7), and
/// OPTIONS and TRACE whose Max-Forwards is 0 (section 7.6.2). A Max-Forwards above is made one less; one that is no
/// number, and that of any other method, means nothing and stays.
[[nodiscard]] bool endsHere(http::MessageHead& head);

}  // namespace headgate::filters::router
