#include "admin/target.h"

#include <algorithm>

#include "source/config/errors.h"
#include "source/http/characters.h"

namespace headgate::admin {
namespace {

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::BadRequest, base::ErrorSource::Downstream, std::move(message));
}

// Calls `visit(part)` for each part of `text` between separators; false from it ends.
template <typename Visit>
bool split(std::string_view text, char separator, Visit&& visit) {
  while (true) {
    const size_t end = text.find(separator);
    if (!visit(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<std::string> percentDecode(std::string_view text, bool plusIsSpace) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plusIsSpace && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = http::hexValue(text[i + 1]);
    const int low = http::hexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string percentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (http::is(c, http::kUnreserved)) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  // A segment of dots alone would be taken for a step in the path.
  if (out == ".") return "%2E";
  if (out == "..") return "%2E%2E";
  return out;
}

base::Result<Query> Query::parse(std::string_view text) {
  Query query;
  std::string problem;
  split(text, '&', [&](std::string_view part) {
    if (part.empty()) return true;
    const size_t equals = std::min(part.find('='), part.size());
    auto name = percentDecode(part.substr(0, equals), true);
    auto value = percentDecode(part.substr(std::min(equals + 1, part.size())), true);
    if (!name || !value) {
      problem = "the query holds a malformed percent-encoding: " + config::quotedText(part);
    } else if (query.find(*name) != nullptr) {
      problem = "the query parameter " + config::quotedText(*name) + " comes twice";
    } else {
      query.parameters_.emplace_back(std::move(*name), std::move(*value));
    }
    return problem.empty();
  });
  if (!problem.empty()) return refuse(std::move(problem));
  return query;
}

const std::string* Query::find(std::string_view name) const {
  const auto found = std::find_if(parameters_.begin(), parameters_.end(),
                                  [&](const auto& parameter) { return parameter.first == name; });
  return found == parameters_.end() ? nullptr : &found->second;
}

base::Result<Target> Target::parse(std::string_view raw) {
  Target target;
  const size_t pathSize = std::min(raw.find('?'), raw.size());
  if (pathSize < raw.size()) {
    auto query = Query::parse(raw.substr(pathSize + 1));
    if (!query) return tl::unexpected(std::move(query.error()));
    target.query = std::move(*query);
  }
  if (pathSize == 0 || raw.front() != '/') return refuse("the request target is no path");
  std::string problem;
  split(raw.substr(1, pathSize - 1), '/', [&](std::string_view part) {
    auto segment = percentDecode(part);
    if (!segment) problem = "the path holds a malformed percent-encoding: " + config::quotedText(part);
    if (segment) target.segments.push_back(std::move(*segment));
    return problem.empty();
  });
  if (!problem.empty()) return refuse(std::move(problem));
  return target;
}

}  // namespace headgate::admin
