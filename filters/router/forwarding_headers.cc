#include "filters/router/forwarding_headers.h"

#include <algorithm>
#include <cstring>

namespace headgate::filters::router {
namespace {

std::string_view joined(base::Arena& arena, std::string_view list, std::string_view element) {
  if (list.empty()) return element;
  char* text = arena.array<char>(list.size() + 2 + element.size());
  std::memcpy(text, list.data(), list.size());
  std::memcpy(text + list.size(), ", ", 2);
  std::memcpy(text + list.size() + 2, element.data(), element.size());
  return {text, list.size() + 2 + element.size()};
}

/// Appends to the last line of that name: several lines are one list in their order (RFC 9110 section 5.3).
void appendToList(http::HeaderList& headers, http::HeaderName name, std::string_view element) {
  const http::Header* last = nullptr;
  for (const http::Header& header : headers) {
    if (header.id == name) last = &header;
  }
  if (last == nullptr) return headers.add(name, element);
  const_cast<http::Header*>(last)->value = joined(headers.arena(), last->value, element);
}

std::string_view viaOf(http::Version version) {
  switch (version) {
    case http::Version::Http10: return "1.0 headgate";
    case http::Version::Http11: return "1.1 headgate";
    case http::Version::Http2: return "2 headgate";
  }
  return {};
}

bool isSaneId(std::string_view id) {
  return !id.empty() && id.size() <= 128 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

void addForwardingHeaders(http::MessageHead& head, const api::StreamInfo& info, RequestIds& ids) {
  http::HeaderList& headers = head.headers;
  if (!info.peer.empty()) appendToList(headers, http::HeaderName::XForwardedFor, info.peerText);
  headers.set(http::HeaderName::XForwardedProto, head.scheme.empty() ? std::string_view("http") : head.scheme);
  const bool hostIsKnown = info.forwarded && headers.find(http::HeaderName::XForwardedHost) != nullptr;
  if (!head.authority.empty() && !hostIsKnown) headers.set(http::HeaderName::XForwardedHost, head.authority);
  if (!isSaneId(headers.get(http::HeaderName::XRequestId))) {
    headers.set(http::HeaderName::XRequestId, ids.next(headers.arena()));
  }
  appendToList(headers, http::HeaderName::Via, viaOf(head.version));
}

void addResponseHeaders(http::MessageHead& head) {
  appendToList(head.headers, http::HeaderName::Via, viaOf(head.version));
}

}  // namespace headgate::filters::router
