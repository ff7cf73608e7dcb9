#include "source/limits/client_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "source/base/strings.h"
#include "source/http/characters.h"
#include "source/limits/address_id.h"
#include "source/limits/client.h"

namespace headgate::limits {
namespace {

constexpr std::string_view kElementForms = "an object such as {\"header\": \"X-Client-ID\"}, or \"remote_address\"";
constexpr std::string_view kRemoteAddress = "remote_address";
constexpr size_t kMaxSources = 8;
constexpr size_t kMaxHeaderNameBytes = 256;

KeySource headerSource(std::string_view name) {
  KeySource source;
  std::transform(name.begin(), name.end(), std::back_inserter(source.header), base::lower);
  source.headerId = http::headerName(source.header);
  return source;
}

void readHeader(const config::Node& element, KeySources& sources, config::Errors& errors) {
  config::Object object(element, errors);
  const std::string name = object.requiredString("header", "the name of a header");
  object.finish();
  if (name.empty()) return;
  const KeySource source = headerSource(name);
  if (!http::isToken(name) || name.size() > kMaxHeaderNameBytes) {
    object.expected("header", "the name of a header");
  } else if ((http::facts(source.headerId) & (http::kHopByHop | http::kFraming)) != 0) {
    object.error("header",
                 fmt::format("{} belongs to the connection and cannot name a client", config::quotedText(name)));
  } else {
    sources.push_back(source);
  }
}

bool canBeId(std::string_view value) {
  return value.size() <= kMaxIdBytes &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

ClientKey namedBy(std::string_view value, base::Arena& arena, const net::IpAddress& address) {
  if (!canBeId(value)) return {ClientKey::Kind::Unusable, addressId(arena, address)};
  if (!value.starts_with(kAddressPrefix)) return {ClientKey::Kind::Named, value};
  if (value.size() == kMaxIdBytes) return {ClientKey::Kind::Unusable, addressId(arena, address)};
  char* id = arena.array<char>(value.size() + 1);
  id[0] = ' ';
  std::memcpy(id + 1, value.data(), value.size());
  return {ClientKey::Kind::Reserved, {id, value.size() + 1}};
}

const http::Header* findHeader(const http::HeaderList& headers, const KeySource& source) {
  return source.headerId != http::HeaderName::Other ? headers.find(source.headerId) : headers.find(source.header);
}

}  // namespace

KeySources defaultKeySources() { return {headerSource("X-Client-ID"), KeySource{}}; }

KeySources readKeySources(config::Object& object, std::string_view key, KeySources fallback) {
  if (!object.has(key)) return fallback;
  KeySources sources;
  const config::Node* list = object.node(key);
  object.requireElements(key, "at least one element");
  const size_t count = object.forEach(key, [&](const config::Node& element) {
    if (element.unresolved()) return;
    if (!sources.empty() && sources.back().isAddress()) {
      object.errors().add(element, "is never asked: every request has the \"remote_address\" before it");
    } else if (element.isString() && element.string() == kRemoteAddress) {
      sources.emplace_back();
    } else if (element.isObject()) {
      readHeader(element, sources, object.errors());
    } else {
      object.errors().add(element, fmt::format("expected {}, got {}", kElementForms, element.describe()));
    }
  });
  if (count > kMaxSources)
    object.errors().add(*list, fmt::format("expected at most {} elements, got {}", kMaxSources, count));
  return sources.empty() ? fallback : sources;
}

std::string_view addressId(base::Arena& arena, const net::IpAddress& address) {
  return arena.copy(AddressId(address).text());
}

ClientKey clientKeyOf(const KeySources& sources, const http::HeaderList& headers, const net::IpAddress& address) {
  for (const KeySource& source : sources) {
    if (source.isAddress()) return {ClientKey::Kind::Address, addressId(headers.arena(), address)};
    const http::Header* header = findHeader(headers, source);
    if (header != nullptr && !header->value.empty()) return namedBy(header->value, headers.arena(), address);
  }
  return {ClientKey::Kind::Unusable, addressId(headers.arena(), address)};
}

}  // namespace headgate::limits
