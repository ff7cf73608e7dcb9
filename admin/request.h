#pragma once
// A request as handlers see it.

#include <string>
#include <string_view>
#include <vector>

#include "admin/target.h"
#include "source/http/message.h"
#include "source/server/admin_config.h"

namespace headgate::admin {

/// Who asks.
struct Caller {
  std::string name;  ///< of the token; "anonymous" when no tokens are configured or none is needed
  server::AdminRole role = server::AdminRole::Viewer;
  std::string peer;  ///< "127.0.0.1:43210" or "unix"
};

/// Checked as far as the route says: the method, the names of the query, the type and size of the body, the caller's
/// role. All views live as long as the request.
struct Request {
  const http::MessageHead* head = nullptr;
  std::vector<std::string> captures;  ///< the decoded segments in the place of the pattern's braces
  Query query;
  std::string body;  ///< whole; empty where the route takes it in pieces
  Caller caller;

  /// The value of a header field, or empty. `lowerName` is lower-case.
  [[nodiscard]] std::string_view field(std::string_view lowerName) const { return head->headers.get(lowerName); }
};

}  // namespace headgate::admin
