#include "source/proxy/message_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/base/strings.h"
#include "source/http/characters.h"

namespace headgate::proxy {
namespace {

// name [ "/" version ] (RFC 9110 section 7.8).
bool isProtocol(std::string_view text) {
  const size_t slash = text.find('/');
  return http::isToken(text.substr(0, slash)) &&
         (slash == std::string_view::npos || http::isToken(text.substr(slash + 1)));
}

void readUpgrades(config::Object& listener, std::vector<std::string>& upgrades) {
  if (!listener.has("upgrades")) return;
  upgrades.clear();
  listener.forEach("upgrades", [&](const config::Node& element) {
    if (element.unresolved()) return;
    if (!element.isString() || !isProtocol(element.string())) {
      listener.errors().add(element,
                            fmt::format("expected a protocol such as \"websocket\", got {}", element.describe()));
      return;
    }
    std::string protocol = element.string();
    std::transform(protocol.begin(), protocol.end(), protocol.begin(), base::lower);
    if (protocol == "h2c") {
      listener.errors().add(element, "h2c cannot be upgraded to: RFC 9113 section 3.1 has withdrawn that");
      return;
    }
    upgrades.push_back(std::move(protocol));
  });
}

http::PathRules readPathRules(config::Object object) {
  http::PathRules rules;
  rules.mergeSlashes = object.boolean("merge_slashes", rules.mergeSlashes);
  rules.escapedSlashes =
      object.choice<http::EscapedSlashes>("escaped_slashes", rules.escapedSlashes, std::span(kEscapedSlashes));
  object.finish();
  return rules;
}

void readHeaderNames(config::Object object, http::MessageRules& rules) {
  rules.underscores = object.choice<http::Underscores>("underscores", rules.underscores, std::span(kUnderscores));
  rules.keepHeaderCase = object.choice<bool>("case", rules.keepHeaderCase, {{"lower", false}, {"keep", true}});
  object.finish();
}

}  // namespace

http::MessageRules readMessageRules(config::Object& listener) {
  http::MessageRules rules;
  rules.path = readPathRules(listener.child("path"));
  readHeaderNames(listener.child("header_names"), rules);
  readUpgrades(listener, rules.upgrades);
  return rules;
}

}  // namespace headgate::proxy
