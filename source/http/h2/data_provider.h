#pragma once
// How nghttp2 asks a stream for what it has to send.

#include <nghttp2/nghttp2.h>

namespace headgate::http::h2 {

class Stream;

/// DATA frames are made of the stream's slices as they are; its trailers follow.
[[nodiscard]] nghttp2_data_provider dataProvider(Stream& stream);

}  // namespace headgate::http::h2
