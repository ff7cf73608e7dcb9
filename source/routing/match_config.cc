#include "source/routing/match_config.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/base/strings.h"
#include "source/http/characters.h"
#include "source/http/path.h"

namespace headgate::routing {
namespace {

constexpr std::string_view kHostForms =
    "a host such as \"example.com\", \"*.example.com\" or \"*\", with a port or without";

bool isHostCharacter(char c) {
  const char lower = base::lower(c);
  return base::isDigit(c) || (lower >= 'a' && lower <= 'z') || c == '-' || c == '_' || c == '.';
}

void readHost(config::Object& object, MatchConfig& match) {
  const std::string given = object.string("host", match.host);
  const Authority authority = splitAuthority(given);
  const bool hasPort = authority.host.size() != given.size();
  if (!isHostPattern(authority.host) || (hasPort && authority.port == 0)) {
    object.expected("host", kHostForms);
    return;
  }
  match.host = authority.host;
  match.port = authority.port;
  std::transform(match.host.begin(), match.host.end(), match.host.begin(), base::lower);
}

void readPlainPath(config::Object& object, const char* key, std::string& path) {
  const std::string given = object.string(key, path);
  const std::string problem = canonicalPathProblem(given);
  if (problem.empty()) {
    path = given;
  } else {
    object.expected(key, problem);
  }
}

void readPathRegex(config::Object& object, MatchConfig& match) {
  const std::string pattern = object.string("path_regex");
  auto regex = Regex::compile(pattern);
  if (!regex) {
    object.expected("path_regex", regex.error().message);
    return;
  }
  match.pathKind = PathKind::Regex;
  match.path = pattern;
  match.pathRegex = *regex;
}

void readPath(config::Object& object, MatchConfig& match) {
  const bool exact = object.has("path_exact");
  const bool regex = object.has("path_regex");
  if (int{object.has("path")} + int{exact} + int{regex} > 1) {
    object.error("expected at most one of \"path\", \"path_exact\" and \"path_regex\"");
  }
  if (regex) return readPathRegex(object, match);
  if (exact) match.pathKind = PathKind::Exact;
  readPlainPath(object, exact ? "path_exact" : "path", match.path);
}

void readMethods(config::Object& object, std::vector<std::string>& methods) {
  constexpr std::string_view kWhat = "a method such as \"GET\", in upper case as all known ones are";
  object.forEach("methods", [&](const config::Node& element) {
    if (element.unresolved()) return;
    const auto isLower = [](char c) { return c >= 'a' && c <= 'z'; };
    const std::string& method = element.string();
    if (!element.isString() || !http::isToken(method) || std::any_of(method.begin(), method.end(), isLower)) {
      object.errors().add(element, fmt::format("expected {}, got {}", kWhat, element.describe()));
    } else if (std::find(methods.begin(), methods.end(), method) != methods.end()) {
      object.errors().add(element, fmt::format("{} is given twice", config::quotedText(method)));
    } else {
      methods.push_back(method);
    }
  });
}

std::string_view methodOf(const http::MessageHead& head) {
  return head.method == http::Method::Other ? head.methodText : http::text(head.method);
}

std::string_view queryOf(const http::MessageHead& head) {
  const size_t mark = head.path.find('?');
  return mark == std::string_view::npos ? std::string_view() : head.path.substr(mark + 1);
}

}  // namespace

// What a Host header may carry, without its port: a name (RFC 1123, and '_' that people use), or an IPv6 address in
// brackets. A pattern is "*" or a name behind "*.".
bool isHostPattern(std::string_view host) {
  constexpr size_t kLongestName = 253;  // RFC 1035 section 2.3.4, as text
  if (host == "*") return true;
  if (host.starts_with('[')) {
    const auto isPart = [](char c) { return isHostCharacter(c) || c == ':'; };
    return host.size() > 2 && host.ends_with(']') && std::all_of(host.begin() + 1, host.end() - 1, isPart);
  }
  const std::string_view name = host.starts_with("*.") ? host.substr(2) : host;
  return !name.empty() && host.size() <= kLongestName && std::all_of(name.begin(), name.end(), isHostCharacter) &&
         !name.starts_with('.') && !name.ends_with('.') && name.find("..") == std::string_view::npos;
}

// Requests are matched in canonical form, so a path in any other form would never match one.
std::string canonicalPathProblem(const std::string& path) {
  if (!path.starts_with('/') || path.find('?') != std::string::npos) {
    return "a path that begins with \"/\" and has no query, such as \"/api\"";
  }
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  const base::Result<std::string_view> canonical = http::normalizeTarget(path, arena);
  if (!canonical) return "a valid path such as \"/api\"";
  if (*canonical == path) return {};
  return fmt::format("the canonical form {}, the only one that requests are matched in",
                     config::quotedText(*canonical));
}

Authority splitAuthority(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return {authority, 0};
  const std::optional<uint64_t> port = base::parseDecimal(authority.substr(colon + 1));
  return {authority.substr(0, colon), port && *port <= 65535 ? static_cast<uint16_t>(*port) : uint16_t{0}};
}

bool isSegmentPrefix(std::string_view prefix, std::string_view path) {
  if (path == "*") return prefix == "/";
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

bool MatchConfig::pathFits(std::string_view given) const {
  switch (pathKind) {
    case PathKind::Prefix: return isSegmentPrefix(path, given);
    case PathKind::Exact: return given == path;
    case PathKind::Regex: return pathRegex->matches(given);
  }
  return false;
}

bool MatchConfig::conditionsHold(const http::MessageHead& head) const {
  if (!methods.empty() && std::find(methods.begin(), methods.end(), methodOf(head)) == methods.end()) return false;
  const auto headerHolds = [&head](const FieldMatch& match) { return match.holdsFor(head.headers); };
  if (!std::all_of(headers.begin(), headers.end(), headerHolds)) return false;
  const auto parameterHolds = [text = queryOf(head)](const FieldMatch& match) { return match.holdsFor(text); };
  return query.empty() || std::all_of(query.begin(), query.end(), parameterHolds);
}

std::string MatchConfig::hostText() const { return port == 0 ? host : fmt::format("{}:{}", host, port); }

MatchConfig readMatchConfig(config::Object object) {
  MatchConfig match;
  readHost(object, match);
  readPath(object, match);
  readMethods(object, match.methods);
  match.headers = readHeaderMatches(object.child("headers"));
  match.query = readQueryMatches(object.child("query"));
  object.finish();
  return match;
}

}  // namespace headgate::routing
