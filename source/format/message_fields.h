#pragma once
// The operators that read a message: %REQ(X?Y):Z%, %RESP(X?Y):Z%, %TRAILER(X?Y):Z%.

#include <string_view>

#include "source/format/operators.h"

namespace headgate::format {

enum class Part : uint8_t { Request, Response, Trailers };

/// `fields` is "X" or "X?Y"; `length` is empty or ":Z". The error says what was expected.
[[nodiscard]] base::Result<Operator> makeMessageOperator(Part part, std::string_view fields, std::string_view length,
                                                         Encoding encoding);

}  // namespace headgate::format
