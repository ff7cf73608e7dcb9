#pragma once
// Answers that the proxy makes itself: structured JSON errors.

#include <string>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/message.h"

namespace headgate::proxy {

/// The JSON body `{"code":503,"message":"...","reason":"no_healthy_upstream"}`; `message` is escaped. Lives in `arena`.
[[nodiscard]] std::string_view errorBody(base::Arena& arena, uint16_t status, std::string_view reason,
                                         std::string_view message);

/// The response head that goes with it.
[[nodiscard]] http::MessageHead* errorHead(base::Arena& arena, uint16_t status);

}  // namespace headgate::proxy
