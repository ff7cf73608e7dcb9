#pragma once
// Field names that other programs confuse.

#include <cstdint>
#include <string_view>

#include "source/http/rules.h"

namespace headgate::http {

enum class NameVerdict : uint8_t { Keep, Drop, Refuse };

/// What becomes of a request field whose name the proxy does not know. `lowerName` is lower-case.
[[nodiscard]] NameVerdict judgeName(std::string_view lowerName, Underscores rule);

}  // namespace headgate::http
