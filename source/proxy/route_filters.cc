#include "source/proxy/route_filters.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace headgate::proxy {
namespace {

/// Reads what one route says to one filter; nothing is returned where it is wrong, and that is reported.
std::optional<routing::RouteFilter> readOne(config::Object& filters, const api::FilterType& type,
                                            const config::Node& value) {
  const std::string name = config::quotedText(type.name);
  if (value.isString() && value.string() == "off") {
    if (!type.terminal) return routing::RouteFilter{nullptr, true};
    filters.error(type.name, fmt::format("{} answers the requests and cannot be off", name));
  } else if (type.readRoute == nullptr) {
    filters.expected(type.name, type.terminal ? fmt::format("nothing, since {} has no options for a route", name)
                                              : fmt::format("\"off\", all that a route can say to {}", name));
  } else if (!value.isObject()) {
    filters.expected(type.name, type.terminal ? "an object of options" : "\"off\" or an object of options");
  } else {
    config::Object options = filters.child(type.name);
    routing::RouteFilter result{type.readRoute(options), false};
    options.finish();
    return result;
  }
  return std::nullopt;
}

}  // namespace

void readRouteFilters(config::Object& object, std::span<const std::shared_ptr<const api::FilterFactory>> chain,
                      routing::RouteConfig& route) {
  config::Object filters = object.child("filters");
  const config::Node* source = filters.source();
  if (source == nullptr) return;
  for (const config::Node& member : source->children()) {
    const api::FilterType* type = api::findFilter(member.key());
    if (type == nullptr) {
      filters.errors().addAtKey(member, unknownFilter(member.key()));
      continue;
    }
    const auto isNamesake = [type](const auto& filter) { return filter->name() == type->name; };
    if (std::none_of(chain.begin(), chain.end(), isNamesake)) {
      filters.errors().addAtKey(
          member, fmt::format("the filter {} is not in the chain of this listener", config::quotedText(type->name)));
      continue;
    }
    const config::Node* value = filters.node(type->name);
    if (value == nullptr) continue;  // null says nothing
    const std::optional<routing::RouteFilter> read = readOne(filters, *type, *value);
    if (!read) continue;
    route.filters.resize(chain.size());
    for (size_t i = 0; i < chain.size(); ++i) {
      if (isNamesake(chain[i])) route.filters[i] = *read;
    }
  }
}

std::string unknownFilter(std::string_view name) {
  const std::vector<std::string_view> names = api::filterNames();
  std::string message = "unknown filter " + config::quotedText(name);
  if (const std::string_view* near = config::Object::nearest(name, names)) {
    return message + "; did you mean " + config::quotedText(*near) + "?";
  }
  message += "; this version has";
  for (const std::string_view& known : names) message += (&known == &names.front() ? " " : ", ") + std::string(known);
  return message;
}

}  // namespace headgate::proxy
