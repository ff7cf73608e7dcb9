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

}  // namespace

RouteConfig readRouteConfig(config::Object& object) {
  RouteConfig route;
  if (object.source() != nullptr) route.source = *object.source();
  route.match = readMatchConfig(object.child("match"));
  route.cluster = object.requiredString("cluster", "the name of a cluster");
  route.timeout = object.duration("timeout", route.timeout);
  route.retries = readRetries(object.child("retries"));
  return route;
}

}  // namespace headgate::routing
