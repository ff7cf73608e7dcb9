#include "source/routing/target.h"

#include <array>
#include <charconv>
#include <cstring>
#include <initializer_list>

#include "source/http/path.h"

namespace headgate::routing {
namespace {

std::string_view concat(base::Arena& arena, std::initializer_list<std::string_view> parts) {
  size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  char* const text = arena.array<char>(size);
  char* at = text;
  for (const std::string_view part : parts) at += part.copy(at, part.size());
  return {text, size};
}

std::string_view withoutLastSlash(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// Host and port of the Location; empty if nobody names a host.
std::string_view authorityOf(const RedirectConfig& redirect, const http::MessageHead& request, base::Arena& arena) {
  const std::string_view host =
      redirect.host.empty() ? splitAuthority(request.authority).host : std::string_view(redirect.host);
  if (host.empty()) return {};
  if (redirect.port != 0) {
    std::array<char, 8> digits;
    const char* end = std::to_chars(digits.begin(), digits.end(), redirect.port).ptr;
    return concat(arena, {host, ":", {digits.data(), static_cast<size_t>(end - digits.data())}});
  }
  // A port belongs to the host and the scheme that it was asked with.
  const bool sameScheme = redirect.scheme.empty() || redirect.scheme == request.scheme;
  return redirect.host.empty() && sameScheme ? request.authority : host;
}

}  // namespace

std::string_view replacePrefix(std::string_view path, std::string_view prefix, std::string_view replacement,
                               base::Arena& arena) {
  if (path == "*") return path;
  const std::string_view rest = path.substr(withoutLastSlash(prefix).size());
  const std::string_view result = concat(arena, {withoutLastSlash(replacement), rest});
  return result.empty() ? "/" : result;
}

base::Result<std::string_view> rewriteTarget(const RewriteConfig& rewrite, const MatchConfig& match,
                                             std::string_view target, base::Arena& arena) {
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = target.substr(path.size());
  if (rewrite.prefix) {
    const std::string_view replaced = replacePrefix(path, match.path, *rewrite.prefix, arena);
    return query.empty() ? replaced : concat(arena, {replaced, query});
  }
  if (rewrite.regex == nullptr || path == "*") return target;
  const std::string_view replaced = rewrite.regex->replaceFirst(path, rewrite.substitution, arena);
  if (replaced.data() == path.data()) return target;
  base::Result<std::string_view> canonical = http::normalizeTarget(concat(arena, {replaced, query}), arena);
  if (canonical) return canonical;
  return base::fail(base::ErrorCode::Internal, base::ErrorSource::Local,
                    "the route's rewrite makes no valid path of this one");
}

std::string_view redirectLocation(const RedirectConfig& redirect, const MatchConfig& match,
                                  const http::MessageHead& request, base::Arena& arena) {
  const std::string_view authority = authorityOf(redirect, request, arena);
  std::string_view path = request.pathWithoutQuery();
  std::string_view query = request.path.substr(path.size());
  if (!redirect.path.empty()) {
    path = redirect.path;
    if (path.find('?') != std::string_view::npos) query = {};
  } else if (redirect.prefix) {
    path = replacePrefix(path, match.path, *redirect.prefix, arena);
  }
  if (path == "*") path = "/";
  if (redirect.stripQuery) query = {};
  if (!authority.empty()) {
    const std::string_view scheme = redirect.scheme.empty() ? request.scheme : std::string_view(redirect.scheme);
    return concat(arena, {scheme, "://", authority, path, query});
  }
  // "//x" alone would be read as another host (RFC 3986 section 4.2).
  return concat(arena, {path.starts_with("//") ? "/." : "", path, query});
}

}  // namespace headgate::routing
