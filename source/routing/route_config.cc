#include "source/routing/route_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/base/arena.h"
#include "source/base/strings.h"
#include "source/config/object.h"
#include "source/http/path.h"

namespace headgate::routing {
namespace {

constexpr uint32_t kMaxRetries = 10;
constexpr uint32_t kMaxBudgetPerSecond = 1'000'000;

bool isHostCharacter(char c) {
  const char lower = base::lower(c);
  return base::isDigit(c) || (lower >= 'a' && lower <= 'z') || c == '-' || c == '_' || c == '.';
}

// What a Host header may carry, without its port: a name (RFC 1123, and '_' that people use), or an IPv6 address in
// brackets.
bool isHost(std::string_view host) {
  constexpr size_t kLongestName = 253;  // RFC 1035 section 2.3.4, as text
  if (host == "*") return true;
  if (host.starts_with('[')) {
    const auto isPart = [](char c) { return isHostCharacter(c) || c == ':'; };
    return host.size() > 2 && host.ends_with(']') && std::all_of(host.begin() + 1, host.end() - 1, isPart);
  }
  return !host.empty() && host.size() <= kLongestName && std::all_of(host.begin(), host.end(), isHostCharacter) &&
         !host.starts_with('.') && !host.ends_with('.') && host.find("..") == std::string_view::npos;
}

void readHost(config::Object& match, std::string& host) {
  const std::string given = match.string("host", host);
  if (!isHost(given)) {
    match.expected("host", given.starts_with("*.")
                               ? "a host name without port, or \"*\" alone (this version has no patterns)"
                               : "a host name without port, or \"*\"");
    return;
  }
  host = given;
  std::transform(host.begin(), host.end(), host.begin(), base::lower);
}

// Requests are matched in canonical form, so a path in any other form would never match one.
void readPath(config::Object& match, std::string& path) {
  const std::string given = match.string("path", path);
  if (!given.starts_with('/') || given.find('?') != std::string::npos) {
    match.expected("path", "a path that begins with \"/\" and has no query, such as \"/api\"");
    return;
  }
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  const base::Result<std::string_view> canonical = http::normalizeTarget(given, arena);
  if (!canonical) {
    match.expected("path", "a valid path such as \"/api\"");
  } else if (*canonical != given) {
    match.expected("path", fmt::format("the canonical form {}, the only one that requests are matched in",
                                       config::quotedText(*canonical)));
  } else {
    path = given;
  }
}

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
  config::Object match = object.child("match");
  readHost(match, route.match.host);
  readPath(match, route.match.path);
  match.finish();
  route.cluster = object.requiredString("cluster", "the name of a cluster");
  route.timeout = object.duration("timeout", route.timeout);
  route.retries = readRetries(object.child("retries"));
  return route;
}

}  // namespace headgate::routing
