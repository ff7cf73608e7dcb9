#include "source/routing/route_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/config/object.h"

namespace headgate::routing {
namespace {

constexpr uint32_t kMaxRetries = 10;
constexpr uint32_t kMaxBudgetPerSecond = 1'000'000;

void readRetryOn(config::Object& retries, uint8_t& on) {
  constexpr std::string_view kWhat = "one of \"connect-failure\", \"refused-stream\", \"unsent\", \"reset\"";
  if (!retries.has("on")) return;
  uint8_t bits = 0;
  retries.forEach("on", [&](const config::Node& element) {
    const auto found = std::find_if(kRetryOnWords.begin(), kRetryOnWords.end(), [&element](const auto& word) {
      return element.isString() && word.first == element.string();
    });
    if (found != kRetryOnWords.end()) {
      bits |= found->second;
    } else if (!element.unresolved()) {
      retries.errors().add(element, fmt::format("expected {}, got {}", kWhat, element.describe()));
    }
  });
  on = bits;
}

RetryConfig readRetries(config::Object retries) {
  RetryConfig config;
  readRetryOn(retries, config.on);
  config.max = retries.integer32("max", config.max, 0, kMaxRetries);
  config.perTryTimeout = retries.duration("per_try_timeout", config.perTryTimeout);
  config::Object backOff = retries.child("back_off");
  config.backOffBase = backOff.duration("base", config.backOffBase);
  config.backOffMax = backOff.duration("max", std::max(config.backOffMax, config.backOffBase), config.backOffBase);
  backOff.finish();
  config.budgetPercent = retries.integer32("budget_percent", config.budgetPercent, 0, 100);
  config.budgetMinPerSecond =
      retries.integer32("budget_min_per_second", config.budgetMinPerSecond, 0, kMaxBudgetPerSecond);
  retries.finish();
  return config;
}

// One thing becomes of a request, and who answers it himself has no use for what is meant for a backend.
void readAction(config::Object& object, RouteConfig& route) {
  const int answers = int{object.has("redirect")} + int{object.has("respond")};
  const int actions = answers + int{object.has("cluster")} + int{object.has("clusters")};
  if (actions > 1) object.error("expected one of \"cluster\", \"clusters\", \"redirect\" and \"respond\", got several");
  if (actions == 0 || object.has("cluster")) route.cluster = object.requiredString("cluster", "the name of a cluster");
  route.clusters = readWeightedClusters(object);
  route.redirect = readRedirect(object, route.match);
  route.respond = readRespond(object);
  if (answers == 0) return;
  const config::Node* fields = object.node("request_headers");
  for (const char* key : {"rewrite", "mirror", "request_headers"}) {
    const bool saysNothing =
        fields != nullptr && key == std::string_view("request_headers") && fields->children().empty();
    if (object.has(key) && !saysNothing)
      object.error(key, "has no effect: the route answers by itself and sends nothing to a backend");
  }
}

}  // namespace

RouteConfig readRouteConfig(config::Object& object) {
  RouteConfig route;
  if (object.source() != nullptr) route.source = *object.source();
  route.match = readMatchConfig(object.child("match"));
  readAction(object, route);
  route.timeout = object.duration("timeout", route.timeout);
  route.retries = readRetries(object.child("retries"));
  if (object.has("max_request_body")) route.maxRequestBody = object.bytes("max_request_body", config::kUnlimited);
  if (object.has("stream_idle")) route.streamIdle = object.duration("stream_idle", base::Duration{0});
  route.requestHeaders = format::HeaderRules::read(object.child("request_headers"));
  route.responseHeaders = format::HeaderRules::read(object.child("response_headers"));
  route.rewrite = readRewrite(object, route.match);
  route.mirror = readMirror(object);
  return route;
}

}  // namespace headgate::routing
