#pragma once
// A message that a test sends through a MessageWriter.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "source/http/stream.h"

namespace headgate::test {

/// As values; `sendTo` writes head, pieces and trailers one after the other, the last of them as the end.
struct OutgoingMessage {
  using Fields = std::vector<std::pair<std::string, std::string>>;

  uint16_t status = 0;  ///< of a response; 0: a request
  std::string_view method = "GET";
  std::string_view path = "/";
  std::optional<uint64_t> length = {};  ///< declared
  Fields fields = {};
  std::vector<std::string> pieces = {};
  Fields trailers = {};
  bool complete = true;            ///< false: the end is left to the test
  std::string_view protocol = {};  ///< of an upgrade

  void fill(http::MessageHead& head) const {
    head.status = status;
    head.methodText = method;
    head.method = http::parseMethod(method);
    head.authority = "example.org";
    head.path = path;
    head.contentLength = length;
    head.protocol = protocol;
    for (const auto& [name, value] : fields) head.headers.addCopy(name, value);
  }

  void sendTo(http::MessageWriter& writer, base::SlabPool& slabs) const {
    base::ChunkPool chunks;
    base::Arena arena(chunks);
    http::MessageHead head(arena);
    fill(head);
    writer.writeHead(head, complete && pieces.empty() && trailers.empty());
    for (size_t i = 0; i < pieces.size(); ++i) {
      base::Buffer data(slabs);
      data.append(pieces[i]);
      writer.writeData(data, complete && trailers.empty() && i + 1 == pieces.size());
    }
    if (trailers.empty()) return;
    http::HeaderList list(arena);
    for (const auto& [name, value] : trailers) list.addCopy(name, value);
    writer.writeTrailers(list);
  }
};

/// A 1xx response.
inline void sendInformational(http::MessageWriter& writer, uint16_t status,
                              const OutgoingMessage::Fields& fields = {}) {
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  http::MessageHead head(arena);
  head.status = status;
  for (const auto& [name, value] : fields) head.headers.addCopy(name, value);
  writer.writeInformational(head);
}

}  // namespace headgate::test
