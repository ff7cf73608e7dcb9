#include "source/format/header_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/base/strings.h"
#include "source/http/characters.h"

namespace headgate::format {
namespace {

// The lower-case name; empty after an error was added.
std::string readName(std::string_view given, const config::Node& at, config::Errors& errors) {
  std::string name(given);
  std::transform(name.begin(), name.end(), name.begin(), base::lower);
  const http::HeaderName id = http::headerName(name);
  if (!http::isToken(name)) {
    errors.add(at, fmt::format("expected the name of a header, got {}", config::quotedText(given)));
  } else if ((http::facts(id) & (http::kHopByHop | http::kFraming)) != 0) {
    errors.add(at, fmt::format("{} belongs to the connection or to the framing of the message and cannot be changed",
                               config::quotedText(given)));
  } else {
    return name;
  }
  return {};
}

}  // namespace

HeaderRules HeaderRules::read(config::Object object) {
  HeaderRules rules;
  object.forEach("remove", [&](const config::Node& element) {
    if (element.unresolved()) return;
    if (!element.isString()) {
      object.errors().add(element, fmt::format("expected the name of a header, got {}", element.describe()));
      return;
    }
    const std::string name = readName(element.string(), element, object.errors());
    if (!name.empty()) rules.rules_.push_back({Action::Remove, name, http::headerName(name), {}});
  });
  rules.readFields(object.child("set"), Action::Set);
  rules.readFields(object.child("add"), Action::Add);
  object.finish();
  return rules;
}

HeaderRules HeaderRules::readFields(config::Object object) {
  HeaderRules rules;
  rules.readFields(std::move(object), Action::Set);
  return rules;
}

void HeaderRules::readFields(config::Object object, Action action) {
  if (object.source() == nullptr) return;
  for (const config::Node& member : object.source()->children()) {
    (void)object.node(member.key());  // any key is a known one
    const std::string name = readName(member.key(), member, object.errors());
    if (name.empty()) continue;
    if (action == Action::Set && sets(name)) {
      object.errors().add(member, fmt::format("{} is set twice", config::quotedText(name)));
    }
    readValues(member, name, action, object.errors());
  }
  object.finish();
}

bool HeaderRules::sets(std::string_view name) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return rule.action == Action::Set && rule.name == name; });
}

void HeaderRules::readValues(const config::Node& member, const std::string& name, Action action,
                             config::Errors& errors) {
  if (member.isArray() && action == Action::Add) {
    for (const config::Node& element : member.children()) readValue(element, name, action, errors);
  } else {
    readValue(member, name, action, errors);
  }
}

void HeaderRules::readValue(const config::Node& value, const std::string& name, Action action, config::Errors& errors) {
  if (value.unresolved()) return;
  if (!value.isString()) {
    errors.add(value, fmt::format("expected the value of a header such as \"%PROTOCOL%\", got {}", value.describe()));
    return;
  }
  base::Result<Formatter> formatter = Formatter::headerValue(value.string());
  if (!formatter) {
    errors.add(value, formatter.error().message);
    return;
  }
  rules_.push_back({action, name, http::headerName(name), {}});
  rules_.back().value.push_back(std::move(*formatter));
}

void HeaderRules::apply(http::HeaderList& headers, const Facts& facts) const {
  for (const Rule& rule : rules_) {
    const std::string_view value =
        rule.action == Action::Remove ? std::string_view() : rule.value.front().write(headers.arena(), facts);
    if (rule.action == Action::Add) {
      if (!value.empty()) headers.add(rule.id, rule.name, value);
    } else if (value.empty()) {
      headers.remove(rule.name);
    } else {
      headers.set(rule.name, value);
    }
  }
}

}  // namespace headgate::format
