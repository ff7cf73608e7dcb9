#pragma once
// One request to an admin listener, waited for: what the command line uses.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/clock.h"
#include "source/base/error.h"
#include "source/http/message.h"
#include "source/net/address.h"

namespace headgate::admin {

struct CallRequest {
  http::Method method = http::Method::Get;
  std::string target;  ///< path and query, encoded
  std::string token;   ///< empty: none is sent
  std::string body;
  std::string contentType;  ///< of a body
};

struct CallReply {
  uint16_t status = 0;
  std::string body;  ///< empty where it was taken in pieces
};

/// Nothing moves for so long: the call has failed.
inline constexpr base::Duration kCallPatience = std::chrono::seconds(30);

/// Turns a loop of its own until the reply is whole. An error: there is none (nobody listens, the connection broke,
/// nothing moved for `patience`). `onBody` gets the body of a 2xx reply as it comes.
[[nodiscard]] base::Result<CallReply> callAdmin(const net::Address& address, CallRequest request,
                                                const std::function<void(std::string_view)>& onBody = {},
                                                base::Duration patience = kCallPatience);

}  // namespace headgate::admin
