#pragma once
// Reads the keys of a listener that say what it makes of messages.

#include <string_view>
#include <utility>

#include "source/config/object.h"
#include "source/http/rules.h"

namespace headgate::proxy {

/// The words of `escaped_slashes` and `underscores`.
inline constexpr std::pair<std::string_view, http::EscapedSlashes> kEscapedSlashes[] = {
    {"keep", http::EscapedSlashes::Keep},
    {"decode", http::EscapedSlashes::Decode},
    {"refuse", http::EscapedSlashes::Refuse}};
inline constexpr std::pair<std::string_view, http::Underscores> kUnderscores[] = {
    {"keep", http::Underscores::Keep}, {"drop", http::Underscores::Drop}, {"refuse", http::Underscores::Refuse}};

/// `path`, `header_names` and `upgrades` of `listener`; mistakes go to the object's errors. Main thread.
[[nodiscard]] http::MessageRules readMessageRules(config::Object& listener);

}  // namespace headgate::proxy
