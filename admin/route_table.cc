#include "admin/route_table.h"

#include <algorithm>

namespace headgate::admin {
namespace {

bool isCapture(const std::string& segment) { return segment.starts_with('{'); }

std::vector<std::string> segmentsOf(std::string_view pattern) {
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // the slash
    const size_t end = std::min(pattern.find('/'), pattern.size());
    segments.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(end);
  }
  return segments;
}

// The number of plain segments if the pattern fits, else -1.
int fit(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return -1;
  int plain = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (isCapture(pattern[i])) {
      if (segments[i].empty()) return -1;
    } else if (pattern[i] == segments[i]) {
      ++plain;
    } else {
      return -1;
    }
  }
  return plain;
}

}  // namespace

std::string_view accessName(Access access) {
  switch (access) {
    case Access::Public: return "public";
    case Access::Viewer: return "viewer";
    case Access::Operator: return "operator";
    case Access::Admin: return "admin";
  }
  return {};
}

void RouteTable::add(Route route) {
  patterns_.push_back(segmentsOf(route.path));
  routes_.push_back(std::make_unique<Route>(std::move(route)));
}

RouteTable::Match RouteTable::match(http::Method method, const std::vector<std::string>& segments) const {
  int best = -1;
  for (const auto& pattern : patterns_) best = std::max(best, fit(pattern, segments));
  Match match;
  if (best < 0) return match;
  const http::Method wanted = method == http::Method::Head ? http::Method::Get : method;
  for (size_t i = 0; i < routes_.size(); ++i) {
    if (fit(patterns_[i], segments) != best) continue;
    if (routes_[i]->method != wanted) {
      match.allowed.push_back(routes_[i]->method);
      continue;
    }
    match.route = routes_[i].get();
    for (size_t at = 0; at < segments.size(); ++at) {
      if (isCapture(patterns_[i][at])) match.captures.push_back(segments[at]);
    }
    return match;
  }
  return match;
}

std::string RouteTable::allowField(const std::vector<http::Method>& methods) {
  std::string field;
  for (const http::Method method : methods) {
    if (!field.empty()) field += ", ";
    field += http::text(method);
    if (method == http::Method::Get) field += ", HEAD";
  }
  return field;
}

}  // namespace headgate::admin
