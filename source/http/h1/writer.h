#pragma once
// Serialises HTTP/1.1 messages into a buffer. Names are lower-case, or as they came (MessageRules::keepHeaderCase).

#include <cstdint>

#include "source/base/buffer.h"
#include "source/http/message.h"

namespace headgate::http::h1 {

/// How a message body is delimited on the way out (RFC 9112 section 6).
enum class OutFraming : uint8_t { None, ContentLength, Chunked, UntilClose };

/// Request line, Host and fields; `Connection: upgrade` and Upgrade for an upgrade,
/// with `webSocketKey` unless it is empty. `framing` None writes no framing
/// field. The persistent connection of HTTP/1.1 is implied.
void writeRequestHead(base::Buffer& out, const MessageHead& head, OutFraming framing,
                      std::string_view webSocketKey = {});

/// Status line and fields; `Connection: upgrade` and Upgrade when the head opens a tunnel. With framing None a known
/// `head.contentLength` is still written when `declareLength` (HEAD, 304). `connection` is the value of the Connection
/// field, or empty for none.
void writeResponseHead(base::Buffer& out, const MessageHead& head, OutFraming framing, bool declareLength,
                       std::string_view connection, bool keepCase = false);

/// One chunk around all of `data`, which is emptied; nothing for empty data.
void writeChunk(base::Buffer& out, base::Buffer& data);
/// The last chunk and the trailers (null: none).
void writeLastChunk(base::Buffer& out, const HeaderList* trailers, bool keepCase = false);

/// The reason phrase of RFC 9110 section 15, or "Unknown".
[[nodiscard]] std::string_view reasonPhrase(uint16_t status);

}  // namespace headgate::http::h1
