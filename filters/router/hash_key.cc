#include "filters/router/hash_key.h"

#include <fmt/format.h>

#include "source/upstream/lb/hash.h"

namespace headgate::filters::router {
namespace {

using upstream::HashKeyConfig;
using upstream::lb::hashOf;

HashKey cookieKey(const HashKeyConfig& config, const http::MessageHead& head, base::Arena& arena, uint64_t random) {
  if (const auto value = cookie(head, config.name)) return {hashOf(*value), {}};
  constexpr std::string_view kAttributes = "; Path=/; HttpOnly";
  constexpr size_t kValueSize = 16;
  const size_t size = config.name.size() + 1 + kValueSize + kAttributes.size();
  char* text = arena.array<char>(size);
  fmt::format_to_n(text, size, "{}={:016x}{}", config.name, random, kAttributes);
  const std::string_view value(text + config.name.size() + 1, kValueSize);
  return {hashOf(value), {text, size}};
}

}  // namespace

std::optional<std::string_view> cookie(const http::MessageHead& head, std::string_view name) {
  for (const http::Header& field : head.headers) {
    if (field.name != "cookie") continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t end = rest.find(';');
      std::string_view pair = rest.substr(0, end);
      while (pair.starts_with(' ')) pair.remove_prefix(1);
      if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
        return pair.substr(name.size() + 1);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
  }
  return std::nullopt;
}

HashKey hashKeyOf(const HashKeyConfig& config, const http::MessageHead& head, std::string_view client,
                  base::Arena& arena, uint64_t random) {
  switch (config.kind) {
    case HashKeyConfig::Kind::None: return {};
    case HashKeyConfig::Kind::RemoteAddress: return {hashOf(client), {}};
    case HashKeyConfig::Kind::Cookie: return cookieKey(config, head, arena, random);
    case HashKeyConfig::Kind::Header:
      if (const http::Header* field = head.headers.find(config.name)) return {hashOf(field->value), {}};
      return {};
  }
  return {};
}

}  // namespace headgate::filters::router
