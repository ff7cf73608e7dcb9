#pragma once
// Whom a request is for: the target of its request line and its Host field together.

#include <string_view>

#include "source/base/error.h"
#include "source/http/h1/head_fields.h"
#include "source/http/message.h"

namespace headgate::http::h1 {

/// Sets `head.authority` and `head.path` from the target (RFC 9112 section 3.2) and Host (RFC 9110 section 7.2).
/// `head.method` and `head.version` are known. `target` is not empty, of VCHARs, and lies with the fields in the
/// message's arena, where the host is lower-cased in place.
///
/// Origin form takes the authority from Host. Absolute form (scheme http or https) has its own; a Host that means
/// another authority is refused, the scheme's default port being the same as none. Asterisk form is for OPTIONS.
/// HTTP/1.1 needs Host whatever the form.
[[nodiscard]] base::Status readTarget(std::string_view target, const FieldFacts& fields, const PathRules& rules,
                                      MessageHead& head);

}  // namespace headgate::http::h1
