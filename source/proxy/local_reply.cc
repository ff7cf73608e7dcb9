#include "source/proxy/local_reply.h"

#include <fmt/format.h>

#include <iterator>

namespace headgate::proxy {
namespace {

// Messages are ours but may quote what a peer sent: only printable ASCII goes out as it is.
void appendEscaped(fmt::memory_buffer& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c >= 0x20 && c < 0x7f) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
}

}  // namespace

std::string_view errorBody(base::Arena& arena, uint16_t status, std::string_view reason, std::string_view message) {
  fmt::memory_buffer body;
  fmt::format_to(std::back_inserter(body), R"({{"code":{},"message":")", status);
  appendEscaped(body, message);
  fmt::format_to(std::back_inserter(body), R"(","reason":"{}"}})", reason);
  body.push_back('\n');
  return arena.copy({body.data(), body.size()});
}

http::MessageHead* errorHead(base::Arena& arena, uint16_t status) {
  auto* head = arena.make<http::MessageHead>(arena);
  head->status = status;
  head->headers.add(http::HeaderName::ContentType, "application/json");
  head->headers.add(http::HeaderName::Server, "headgate");
  if (status == 405) head->headers.add("allow", http::kServedMethods);  // RFC 9110 section 15.5.6
  return head;
}

}  // namespace headgate::proxy
