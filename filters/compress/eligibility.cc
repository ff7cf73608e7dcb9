#include "filters/compress/eligibility.h"

#include <algorithm>
#include <cstring>

#include "source/base/strings.h"

namespace headgate::filters::compress {
namespace {

// Whether one of the lines of that name holds `token` as an element.
bool listHas(const http::HeaderList& headers, std::string_view name, std::string_view token) {
  bool found = false;
  for (const http::Header& header : headers) {
    if (header.name != name) continue;
    base::forEachListElement(
        header.value, [&](std::string_view element) { found = found || base::equalsIgnoreCase(element, token); });
  }
  return found;
}

bool endsWithIgnoreCase(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && base::equalsIgnoreCase(text.substr(text.size() - end.size()), end);
}

bool isTypeCharacter(char c) {
  return base::isDigit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == '_';
}

}  // namespace

bool MediaTypes::add(std::string_view text) {
  const size_t slash = text.find('/');
  std::string_view name = text;
  if (slash != std::string_view::npos) {
    if (slash == 0 || slash + 1 == text.size()) return false;
    const std::string_view type = text.substr(0, slash);
    if (!std::all_of(type.begin(), type.end(), isTypeCharacter)) return false;
    name = text.substr(slash + 1);
    if (name == "*") name = "any";
  } else if (!text.starts_with('+') || text.size() < 2) {
    return false;
  }
  if (!std::all_of(name.begin(), name.end(), isTypeCharacter)) return false;
  types_.emplace_back(text);
  return true;
}

bool MediaTypes::contain(std::string_view contentType) const {
  const std::string_view type = base::trim(contentType.substr(0, contentType.find(';')));
  if (type.empty()) return false;
  return std::any_of(types_.begin(), types_.end(), [&](const std::string& listed) {
    if (listed.front() == '+') return endsWithIgnoreCase(type, listed);
    if (!listed.ends_with("/*")) return base::equalsIgnoreCase(type, listed);
    const size_t slash = listed.size() - 1;
    return type.size() > slash &&
           base::equalsIgnoreCase(type.substr(0, slash), std::string_view(listed).substr(0, slash));
  });
}

MediaTypes MediaTypes::usual() {
  MediaTypes types;
  for (const char* type : {"text/*", "+json", "+xml", "application/json", "application/x-ndjson", "application/xml",
                           "application/javascript", "application/wasm", "font/ttf", "font/otf", "image/bmp"}) {
    (void)types.add(type);
  }
  return types;
}

bool forbidsTransform(const http::HeaderList& headers) { return listHas(headers, "cache-control", "no-transform"); }

bool isEligible(const http::MessageHead& response, const MediaTypes& types, uint64_t minLength) {
  const uint16_t status = response.status;
  if (status < 200 || status == 204 || status == 205 || status == 206 || status == 304) return false;
  if (response.contentLength && *response.contentLength < minLength) return false;
  const http::Header* encoding = response.headers.find(http::HeaderName::ContentEncoding);
  if (encoding != nullptr && !base::equalsIgnoreCase(encoding->value, "identity")) return false;
  if (response.headers.find("content-range") != nullptr) return false;
  return types.contain(response.headers.get(http::HeaderName::ContentType)) && !forbidsTransform(response.headers);
}

void addVary(http::HeaderList& headers) {
  if (!listHas(headers, "vary", "accept-encoding") && !listHas(headers, "vary", "*")) {
    headers.add("vary", "accept-encoding");
  }
}

void markEncoded(http::MessageHead& response, Coding coding) {
  http::HeaderList& headers = response.headers;
  response.contentLength.reset();
  headers.set(http::HeaderName::ContentEncoding, facts(coding).token);
  for (const char* name : {"accept-ranges", "content-md5", "content-digest", "repr-digest", "digest"})
    headers.remove(name);
  const std::string_view tag = headers.get("etag");
  if (tag.empty() || tag.starts_with("W/")) return;
  char* weak = headers.arena().array<char>(tag.size() + 2);
  std::memcpy(weak, "W/", 2);
  std::memcpy(weak + 2, tag.data(), tag.size());
  headers.set("etag", {weak, tag.size() + 2});
}

}  // namespace headgate::filters::compress
