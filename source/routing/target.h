#pragma once
// The targets that rewrites and redirects make of a request's.

#include <string_view>

#include "source/base/arena.h"
#include "source/base/error.h"
#include "source/http/message.h"
#include "source/routing/action_config.h"

namespace headgate::routing {

/// `path` with `replacement` in the place of the matched prefix, in `arena`. Where the two meet there is one slash,
/// whether or not either has one of its own. "*" stays.
[[nodiscard]] std::string_view replacePrefix(std::string_view path, std::string_view prefix,
                                             std::string_view replacement, base::Arena& arena);

/// The target for the backend, path and query, in canonical form. An Internal error if a regex made something of the
/// path that is none.
[[nodiscard]] base::Result<std::string_view> rewriteTarget(const RewriteConfig& rewrite, const MatchConfig& match,
                                                           std::string_view target, base::Arena& arena);

/// The value of Location: absolute, or without scheme and host if the request names no host and the redirect none
/// either.
[[nodiscard]] std::string_view redirectLocation(const RedirectConfig& redirect, const MatchConfig& match,
                                                const http::MessageHead& request, base::Arena& arena);

}  // namespace headgate::routing
