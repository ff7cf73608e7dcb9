#pragma once
// Which coding a client wants (RFC 9110 section 12.5.3).

#include <optional>
#include <span>

#include "filters/compress/coding.h"
#include "source/http/header_list.h"

namespace headgate::filters::compress {

/// The one of `offered` with the highest weight in Accept-Encoding, the first of equals; nothing if none is acceptable,
/// the client would rather have the answer as it is, or has not said anything. "x-gzip" is gzip.
[[nodiscard]] std::optional<Coding> negotiate(const http::HeaderList& request, std::span<const Coding> offered);

/// The weight of ";q=0.5" in thousandths; 1000 without one, 0 for a malformed one: who cannot be understood gets the
/// plain answer. `parameters` is what follows the coding.
[[nodiscard]] int weight(std::string_view parameters);

}  // namespace headgate::filters::compress
