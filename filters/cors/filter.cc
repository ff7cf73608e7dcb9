#include "filters/cors/filter.h"

#include "source/base/strings.h"
#include "source/http/characters.h"

namespace headgate::filters::cors {
namespace {

constexpr std::string_view kAllowOrigin = "access-control-allow-origin";
constexpr std::string_view kAllowCredentials = "access-control-allow-credentials";
constexpr std::string_view kExposeHeaders = "access-control-expose-headers";
constexpr std::string_view kRequestMethod = "access-control-request-method";
constexpr std::string_view kRequestHeaders = "access-control-request-headers";

// What a browser asked for is only said back if it is what a browser sends.
bool isTokenList(std::string_view list) {
  bool tokens = !list.empty();
  base::forEachListElement(list, [&](std::string_view element) { tokens = tokens && http::isToken(element); });
  return tokens;
}

// A list that the options give, or what was asked for where they give "*".
void addList(http::HeaderList& headers, std::string_view name, std::string_view given, std::string_view asked) {
  if (given == "*") given = isTokenList(asked) ? asked : std::string_view();
  if (!given.empty()) headers.add(name, given);
}

}  // namespace

api::Filter* WorkerCors::create(base::Arena& arena, api::StreamHandle& stream, const api::RouteOptions* options) {
  return arena.make<CorsFilter>(options == nullptr ? *options_ : static_cast<const Options&>(*options), stream);
}

api::FilterStatus CorsFilter::onRequestHeaders(http::MessageHead& head, bool /*end*/) {
  const http::Header* origin = head.headers.find("origin");
  if (origin == nullptr) return api::FilterStatus::Continue;
  if (options_.origins.contains(origin->value)) origin_ = origin->value;
  const bool preflight = head.method == http::Method::Options && head.headers.find(kRequestMethod) != nullptr;
  return preflight ? answerPreflight(head) : api::FilterStatus::Continue;
}

// A preflight is the browser's question, not the site's: it carries no credentials and the backend never sees it.
api::FilterStatus CorsFilter::answerPreflight(const http::MessageHead& request) {
  if (origin_.empty()) return stream_.reply(403, "cors_origin_denied", "this origin may not make such requests");
  auto* head = stream_.arena().make<http::MessageHead>(stream_.arena());
  head->status = 204;
  addList(head->headers, "access-control-allow-methods", options_.methods, request.headers.get(kRequestMethod));
  addList(head->headers, "access-control-allow-headers", options_.headers, request.headers.get(kRequestHeaders));
  if (!options_.maxAge.empty()) head->headers.add("access-control-max-age", options_.maxAge);
  head->headers.add("vary", "access-control-request-method, access-control-request-headers");
  return stream_.replyWith(*head, {}, "cors_preflight");
}

// Also for answers of the proxy itself: a site's script should see what went wrong.
api::FilterStatus CorsFilter::onResponseHeaders(http::MessageHead& head, bool /*end*/) {
  head.headers.remove(kAllowOrigin);  // one voice: a browser refuses two
  head.headers.remove(kAllowCredentials);
  // A cache must not give one origin's answer to another, nor to who sent none.
  if (!options_.origins.any()) head.headers.add("vary", "origin");
  if (!origin_.empty()) allowOrigin(head.headers);
  return api::FilterStatus::Continue;
}

void CorsFilter::allowOrigin(http::HeaderList& headers) const {
  headers.add(kAllowOrigin, options_.origins.any() ? std::string_view("*") : origin_);
  if (options_.credentials) headers.add(kAllowCredentials, "true");
  if (options_.exposed.empty()) return;
  headers.remove(kExposeHeaders);
  headers.add(kExposeHeaders, options_.exposed);
}

}  // namespace headgate::filters::cors
