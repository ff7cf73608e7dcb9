#include "filters/router/route_action.h"

#include "source/event/loop.h"
#include "source/routing/target.h"

namespace headgate::filters::router {
namespace {

void apply(const format::HeaderRules& rules, http::MessageHead& head, const api::StreamInfo& info,
           api::StreamHandle& stream) {
  format::Facts facts(info);
  facts.now = stream.loop().now();
  if (head.status != 0) facts.response = &head;
  rules.apply(head.headers, facts);
}

// The response is on its way, so the facts of the stream do not have its status yet.
void applyToResponse(const format::HeaderRules& rules, http::MessageHead& head, api::StreamHandle& stream) {
  if (rules.empty()) return;
  api::StreamInfo info = stream.info();
  info.status = head.status;
  apply(rules, head, info, stream);
}

std::string_view redirect(const routing::RouteConfig& route, http::MessageHead& head, api::StreamHandle& stream) {
  head.status = route.redirect->code;
  head.headers.add("location",
                   routing::redirectLocation(*route.redirect, route.match, stream.requestHead(), stream.arena()));
  return {};
}

std::string_view respond(const routing::RespondConfig& config, http::MessageHead& head, api::StreamHandle& stream) {
  head.status = config.status;
  if (!config.body.empty()) head.headers.add(http::HeaderName::ContentType, "text/plain; charset=utf-8");
  applyToResponse(config.headers, head, stream);
  return config.body;
}

}  // namespace

bool awaitsBody(const http::MessageHead& head) {
  return !head.expectContinue && head.contentLength.has_value() && *head.contentLength <= kMaxAwaitedBody;
}

void answer(const routing::Route& route, api::StreamHandle& stream) {
  const routing::RouteConfig& config = route.config;
  auto* head = stream.arena().make<http::MessageHead>(stream.arena());
  head->headers.add(http::HeaderName::Server, "headgate");
  api::StreamInfo& info = stream.info();
  info.details = config.redirect ? "redirect" : "direct_response";
  info.responseHead = stream.loop().now();
  const std::string_view body =
      config.redirect ? redirect(config, *head, stream) : respond(*config.respond, *head, stream);
  if (head->status != 204 && head->status != 304) head->contentLength = body.size();  // RFC 9110 section 8.6
  const bool headOnly = body.empty() || stream.requestHead().method == http::Method::Head;
  stream.respondHead(*head, headOnly);
  if (headOnly) return;
  base::Buffer data(stream.loop().slabs());
  data.append(body);
  stream.respondData(data, true);
}

base::Result<http::MessageHead*> upstreamHead(const routing::Route& route, http::MessageHead& head,
                                              api::StreamHandle& stream) {
  const routing::RouteConfig& config = route.config;
  if (!config.rewrite && config.requestHeaders.empty()) return &head;
  auto* changed = stream.arena().make<http::MessageHead>(stream.arena());
  changed->assign(head);
  apply(config.requestHeaders, *changed, stream.info(), stream);
  if (config.rewrite) {
    const auto target = routing::rewriteTarget(*config.rewrite, config.match, head.path, stream.arena());
    if (!target) return tl::unexpected(target.error());
    changed->path = *target;
    if (!config.rewrite->host.empty()) changed->authority = config.rewrite->host;
  }
  return changed;
}

void changeResponse(const routing::Route& route, http::MessageHead& head, api::StreamHandle& stream) {
  applyToResponse(route.config.responseHeaders, head, stream);
}

}  // namespace headgate::filters::router
