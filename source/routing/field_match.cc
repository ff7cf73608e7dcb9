#include "source/routing/field_match.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/base/strings.h"
#include "source/http/characters.h"

namespace headgate::routing {
namespace {

constexpr std::string_view kForms =
    "a value, or an object with one of \"exact\", \"prefix\", \"regex\" and \"present\"";

std::shared_ptr<const Regex> readRegex(config::Object& object, const std::string& pattern) {
  auto regex = Regex::compile(pattern);
  if (regex) return *regex;
  object.expected("regex", regex.error().message);
  return nullptr;
}

void readCondition(config::Object object, FieldMatch& match) {
  const size_t given = size_t{object.has("exact")} + size_t{object.has("prefix")} + size_t{object.has("regex")} +
                       size_t{object.has("present")};
  if (object.has("exact")) {
    match.kind = FieldMatch::Kind::Exact;
    match.text = object.string("exact");
  } else if (object.has("prefix")) {
    match.kind = FieldMatch::Kind::Prefix;
    match.text = object.requiredString("prefix", "what the value begins with");
  } else if (object.has("regex")) {
    match.kind = FieldMatch::Kind::Regex;
    match.regex = readRegex(object, object.string("regex"));
  }
  const bool present = object.boolean("present", true);
  match.invert = object.boolean("invert", false) == present;
  object.finish();
  if (given != 1 && object.source() != nullptr) object.error(fmt::format("expected {}", kForms));
}

template <typename CheckName>
std::vector<FieldMatch> readMatches(config::Object object, CheckName&& checkName) {
  std::vector<FieldMatch> matches;
  if (object.source() == nullptr) return matches;
  for (const config::Node& member : object.source()->children()) {
    const config::Node* value = object.node(member.key());
    if (value == nullptr) continue;
    FieldMatch match;
    match.name = member.key();
    if (!checkName(match, member)) continue;
    const auto isNamesake = [&match](const FieldMatch& other) { return other.name == match.name; };
    if (std::any_of(matches.begin(), matches.end(), isNamesake)) {
      object.errors().addAtKey(member, fmt::format("{} has a condition already", config::quotedText(match.name)));
    } else if (value->isString()) {
      match.kind = FieldMatch::Kind::Exact;
      match.text = value->string();
      matches.push_back(std::move(match));
    } else if (value->isObject()) {
      readCondition(config::Object(*value, object.errors()), match);
      matches.push_back(std::move(match));
    } else {
      object.expected(member.key(), kForms);
    }
  }
  return matches;
}

}  // namespace

bool FieldMatch::fits(std::string_view value) const {
  switch (kind) {
    case Kind::Present: return true;
    case Kind::Exact: return value == text;
    case Kind::Prefix: return value.starts_with(text);
    case Kind::Regex: return regex->matches(value);
  }
  return false;
}

bool FieldMatch::holdsFor(const http::HeaderList& headers) const {
  const bool found = std::any_of(headers.begin(), headers.end(), [this](const http::Header& header) {
    return header.id == id && (id != http::HeaderName::Other || header.name == name) && fits(header.value);
  });
  return found != invert;
}

bool FieldMatch::holdsFor(std::string_view query) const {
  bool found = false;
  while (!query.empty() && !found) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    const size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string_view value = parameter.substr(std::min(equals + 1, parameter.size()));
    found = !parameter.empty() && parameter.substr(0, equals) == name && fits(value);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return found != invert;
}

bool operator==(const FieldMatch& a, const FieldMatch& b) {
  const std::string_view aPattern = a.regex ? std::string_view(a.regex->pattern()) : std::string_view();
  const std::string_view bPattern = b.regex ? std::string_view(b.regex->pattern()) : std::string_view();
  return a.name == b.name && a.kind == b.kind && a.invert == b.invert && a.text == b.text && aPattern == bPattern;
}

std::vector<FieldMatch> readHeaderMatches(config::Object object) {
  return readMatches(object, [&object](FieldMatch& match, const config::Node& member) {
    std::transform(match.name.begin(), match.name.end(), match.name.begin(), base::lower);
    match.id = http::headerName(match.name);
    if (!http::isToken(match.name)) {
      object.errors().addAtKey(member,
                               fmt::format("expected the name of a header, got {}", config::quotedText(member.key())));
      return false;
    }
    if ((http::facts(match.id) & (http::kHopByHop | http::kFraming)) != 0) {
      object.errors().addAtKey(
          member,
          fmt::format("routes do not see {}, which belongs to the connection or to the framing of the message{}",
                      config::quotedText(member.key()),
                      match.id == http::HeaderName::Host ? "; a route has \"host\" for it" : ""));
      return false;
    }
    return true;
  });
}

std::vector<FieldMatch> readQueryMatches(config::Object object) {
  return readMatches(object, [&object](const FieldMatch& match, const config::Node& member) {
    const auto isNameCharacter = [](char c) { return http::is(c, http::kQueryChar) && c != '&' && c != '='; };
    if (!match.name.empty() && std::all_of(match.name.begin(), match.name.end(), isNameCharacter)) return true;
    object.errors().addAtKey(member, fmt::format("expected the name of a query parameter as it is sent, got {}",
                                                 config::quotedText(member.key())));
    return false;
  });
}

}  // namespace headgate::routing
