#pragma once
// Any bytes as letters that need no escaping in a query (RFC 4648 section 5, without padding).

#include <optional>
#include <string>
#include <string_view>

namespace headgate::admin {

[[nodiscard]] std::string encode64(std::string_view bytes);
/// Nothing if `text` is not what encode64 writes.
[[nodiscard]] std::optional<std::string> decode64(std::string_view text);

}  // namespace headgate::admin
