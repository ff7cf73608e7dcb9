#include "source/server/print_route.h"

namespace headgate::server {
namespace {

// A part of the route as it was given; `{}` if it was not.
void printGiven(Printer& out, std::string_view key, const config::Node* given) {
  out.key(key);
  out.node(given != nullptr && given->isObject() ? *given : config::Node::makeObject());
}

void printPath(Printer& out, const routing::MatchConfig& match) {
  const auto print = [&](std::string_view key, routing::PathKind kind) {
    out.key(key);
    match.pathKind == kind ? out.value(std::string_view(match.path)) : out.null();
  };
  print("path", routing::PathKind::Prefix);
  print("path_exact", routing::PathKind::Exact);
  print("path_regex", routing::PathKind::Regex);
}

void printMatch(Printer& out, const routing::RouteConfig& route) {
  const config::Node* given = route.source.find("match");
  out.object("match", [&] {
    out.member("host", route.match.hostText());
    printPath(out, route.match);
    out.array("methods", route.match.methods, [&](const std::string& method) { out.value(std::string_view(method)); });
    printGiven(out, "headers", given != nullptr ? given->find("headers") : nullptr);
    printGiven(out, "query", given != nullptr ? given->find("query") : nullptr);
  });
}

void printRetries(Printer& out, const routing::RetryConfig& retries) {
  out.object("retries", [&] {
    out.array("on", routing::kRetryOnWords, [&](const auto& word) {
      if ((retries.on & word.second) != 0) out.raw(word.first);
    });
    out.member("max", retries.max);
    out.member("per_try_timeout", retries.perTryTimeout);
    out.object("back_off", [&] {
      out.member("base", retries.backOffBase);
      out.member("max", retries.backOffMax);
    });
    out.member("budget_percent", retries.budgetPercent);
    out.member("budget_min_per_second", retries.budgetMinPerSecond);
  });
}

}  // namespace

void printRoute(Printer& out, const routing::RouteConfig& route) {
  out.object([&] {
    printMatch(out, route);
    out.member("cluster", route.cluster);
    out.member("timeout", route.timeout);
    printRetries(out, route.retries);
    printGiven(out, "filters", route.source.find("filters"));
  });
}

}  // namespace headgate::server
