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

// null for a text that is not given.
void printText(Printer& out, std::string_view key, std::string_view text) {
  out.key(key);
  text.empty() ? out.null() : out.value(text);
}

template <typename T>
void printOptional(Printer& out, std::string_view key, const std::optional<T>& value) {
  out.key(key);
  value ? out.value(*value) : out.null();
}

void printPrefix(Printer& out, const std::optional<std::string>& prefix) {
  out.key("prefix");
  prefix ? out.value(std::string_view(*prefix)) : out.null();
}

void printRedirect(Printer& out, const std::optional<routing::RedirectConfig>& redirect) {
  out.key("redirect");
  if (!redirect) return out.null();
  out.object([&] {
    printText(out, "scheme", redirect->scheme);
    printText(out, "host", redirect->host);
    printOptional(out, "port", redirect->port == 0 ? std::nullopt : std::optional<uint64_t>(redirect->port));
    printText(out, "path", redirect->path);
    printPrefix(out, redirect->prefix);
    out.member("code", uint64_t{redirect->code});
    out.member("strip_query", redirect->stripQuery);
  });
}

void printAction(Printer& out, const routing::RouteConfig& route) {
  printText(out, "cluster", route.cluster);
  out.key("clusters");
  if (route.clusters.empty()) {
    out.null();
  } else {
    out.elements(route.clusters, [&](const routing::WeightedCluster& cluster) {
      out.object([&] {
        out.member("name", cluster.name);
        out.member("weight", cluster.weight);
      });
    });
  }
  printRedirect(out, route.redirect);
  out.key("respond");
  route.respond ? out.node(*route.source.find("respond")) : out.null();
}

void printLimits(Printer& out, const routing::RouteConfig& route) {
  if (route.maxRequestBody) {
    out.bytes("max_request_body", *route.maxRequestBody);
  } else {
    out.key("max_request_body");
    out.null();
  }
  printOptional(out, "stream_idle", route.streamIdle);
}

void printRewrite(Printer& out, const routing::RouteConfig& route) {
  out.key("rewrite");
  if (!route.rewrite) return out.null();
  out.object([&] {
    printPrefix(out, route.rewrite->prefix);
    printText(out, "regex", route.rewrite->regex ? route.rewrite->regex->pattern() : "");
    if (route.rewrite->regex) out.member("substitution", route.rewrite->substitution);
    printText(out, "host", route.rewrite->host);
  });
}

void printMirror(Printer& out, const routing::RouteConfig& route) {
  out.key("mirror");
  if (!route.mirror) return out.null();
  out.object([&] {
    out.member("cluster", route.mirror->cluster);
    out.member("percent", static_cast<double>(route.mirror->share) * 100 / routing::MirrorConfig::kAll);
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
    printAction(out, route);
    out.member("timeout", route.timeout);
    printRetries(out, route.retries);
    printLimits(out, route);
    printRewrite(out, route);
    printMirror(out, route);
    printGiven(out, "request_headers", route.source.find("request_headers"));
    printGiven(out, "response_headers", route.source.find("response_headers"));
    printGiven(out, "filters", route.source.find("filters"));
  });
}

}  // namespace headgate::server
