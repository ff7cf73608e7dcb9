#include "source/routing/action_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/http/characters.h"

namespace headgate::routing {
namespace {

constexpr uint32_t kMaxWeight = 1'000'000;
constexpr size_t kMaxBody = 64 * 1024;

// In the path of a rewrite or redirect; the reader of `match` refuses other forms too.
std::string readTargetPath(config::Object& object, const char* key, bool mayHaveQuery) {
  const std::string path = object.string(key);
  const std::string problem = canonicalPathProblem(mayHaveQuery ? path.substr(0, path.find('?')) : path);
  const auto isTargetCharacter = [](char c) { return http::is(c, http::kQueryChar); };
  if (!problem.empty()) {
    object.expected(key, problem);
  } else if (!std::all_of(path.begin(), path.end(), isTargetCharacter)) {
    object.expected(key, "visible ASCII characters without \"#\"");
  }
  return path;
}

std::optional<std::string> readPrefix(config::Object& object, const MatchConfig& match) {
  if (!object.has("prefix")) return std::nullopt;
  if (match.pathKind != PathKind::Prefix) {
    object.error("prefix", "needs a match by \"path\", whose place it takes");
  }
  return readTargetPath(object, "prefix", false);
}

// Without wildcards; with a port or without.
std::string readHostName(config::Object& object, bool mayHavePort) {
  if (!object.has("host")) return {};
  const std::string host = object.string("host");
  const Authority authority = splitAuthority(host);
  const bool hasPort = authority.host.size() != host.size();
  const bool good = isHostPattern(authority.host) && !authority.host.starts_with('*') &&
                    (!hasPort || (mayHavePort && authority.port != 0));
  if (!good) {
    object.expected("host", mayHavePort ? "a host name such as \"app.internal\" or \"app.internal:8080\""
                                        : "a host name such as \"www.example.com\", without port");
  }
  return host;
}

void readRegexRewrite(config::Object& object, RewriteConfig& rewrite) {
  if (rewrite.prefix) object.error("expected at most one of \"prefix\" and \"regex\"");
  auto regex = Regex::compile(object.string("regex"));
  if (!regex) {
    object.expected("regex", regex.error().message);
    return;
  }
  rewrite.substitution = object.string("substitution");
  const auto isPathCharacter = [](char c) { return c == '\\' || http::is(c, http::kPathChar); };
  const std::string problem = (*regex)->checkSubstitution(rewrite.substitution);
  if (!problem.empty()) {
    object.expected("substitution", fmt::format("text with groups such as \"\\1\" ({})", problem));
  } else if (!std::all_of(rewrite.substitution.begin(), rewrite.substitution.end(), isPathCharacter) ||
             rewrite.substitution.find("\\\\") != std::string::npos) {
    object.expected("substitution", "characters that a path may hold");
  } else {
    rewrite.regex = *regex;
  }
}

}  // namespace

std::vector<WeightedCluster> readWeightedClusters(config::Object& route) {
  std::vector<WeightedCluster> clusters;
  uint64_t total = 0;
  const size_t count = route.forEach("clusters", [&](const config::Node& element) {
    config::Object object(element, route.errors());
    WeightedCluster& cluster = clusters.emplace_back();
    cluster.name = object.requiredString("name", "the name of a cluster");
    cluster.weight = object.integer32("weight", cluster.weight, 0, kMaxWeight);
    total += cluster.weight;
    object.finish();
    const auto isNamesake = [&cluster](const WeightedCluster& other) { return other.name == cluster.name; };
    if (!cluster.name.empty() && std::any_of(clusters.begin(), clusters.end() - 1, isNamesake)) {
      object.error("name", fmt::format("{} is given twice", config::quotedText(cluster.name)));
    }
  });
  if (route.has("clusters") && count == 0) route.requireElements("clusters", "at least one cluster");
  if (count > 0 && total == 0) route.error("clusters", "expected at least one weight over 0");
  return clusters;
}

std::optional<RedirectConfig> readRedirect(config::Object& route, const MatchConfig& match) {
  if (!route.has("redirect")) return std::nullopt;
  config::Object object = route.child("redirect");
  RedirectConfig redirect;
  redirect.scheme = object.choice<std::string>("scheme", "", {{"http", "http"}, {"https", "https"}});
  redirect.host = readHostName(object, false);
  redirect.port = static_cast<uint16_t>(object.has("port") ? object.integer("port", 0, 1, 65535) : 0);
  if (object.has("path")) redirect.path = readTargetPath(object, "path", true);
  redirect.prefix = readPrefix(object, match);
  redirect.code = object.has("code") ? static_cast<uint16_t>(object.integer("code", 301, 301, 308)) : redirect.code;
  if (redirect.code > 303 && redirect.code < 307) object.expected("code", "301, 302, 303, 307 or 308");
  redirect.stripQuery = object.boolean("strip_query", redirect.stripQuery);
  object.finish();
  if (object.has("path") && redirect.prefix) object.error("expected at most one of \"path\" and \"prefix\"");
  if (!object.has("scheme") && !object.has("host") && !object.has("port") && !object.has("path") && !redirect.prefix) {
    object.error(
        "expected at least one of \"scheme\", \"host\", \"port\", \"path\" and \"prefix\": it would lead to itself");
  }
  return redirect;
}

std::optional<RespondConfig> readRespond(config::Object& route) {
  if (!route.has("respond")) return std::nullopt;
  config::Object object = route.child("respond");
  RespondConfig respond;
  respond.status = static_cast<uint16_t>(object.integer("status", respond.status, 200, 599));
  respond.body = object.string("body");
  if (respond.body.size() > kMaxBody) object.error("body", fmt::format("expected at most {} bytes", kMaxBody));
  if ((respond.status == 204 || respond.status == 205 || respond.status == 304) && !respond.body.empty()) {
    object.error("body", fmt::format("expected none, which a response with the status {} has", respond.status));
  }
  respond.headers = format::HeaderRules::readFields(object.child("headers"));
  object.finish();
  return respond;
}

std::optional<RewriteConfig> readRewrite(config::Object& route, const MatchConfig& match) {
  if (!route.has("rewrite")) return std::nullopt;
  config::Object object = route.child("rewrite");
  RewriteConfig rewrite;
  rewrite.prefix = readPrefix(object, match);
  if (object.has("regex")) {
    readRegexRewrite(object, rewrite);
  } else if (object.has("substitution")) {
    object.error("substitution", "needs a \"regex\", whose match it replaces");
  }
  rewrite.host = readHostName(object, true);
  object.finish();
  if (!rewrite.prefix && !object.has("regex") && !object.has("host")) {
    object.error("expected at least one of \"prefix\", \"regex\" and \"host\"");
  }
  return rewrite;
}

std::optional<MirrorConfig> readMirror(config::Object& route) {
  if (!route.has("mirror")) return std::nullopt;
  config::Object object = route.child("mirror");
  MirrorConfig mirror;
  mirror.cluster = object.requiredString("cluster", "the name of a cluster");
  const double percent = object.number("percent", 100, 0, 100);
  mirror.share = static_cast<uint32_t>(percent * (MirrorConfig::kAll / 100) + 0.5);
  object.finish();
  return mirror;
}

}  // namespace headgate::routing
