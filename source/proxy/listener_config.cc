#include "source/proxy/listener_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

#include "source/config/object.h"
#include "source/config/utf8.h"
#include "source/proxy/message_rules.h"
#include "source/proxy/route_filters.h"
#include "source/routing/shadowing.h"

namespace headgate::proxy {
namespace {

constexpr std::string_view kAddressForms =
    "an address such as \"0.0.0.0:8080\", \":8080\", \"[::]:8080\" or \"unix:/path\"";
constexpr std::string_view kDefaultChain[] = {"access_log", "ratelimit", "router"};

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

void readAddress(config::Object& object, net::Address& address) {
  const config::Node* given = object.node("address");
  if (given == nullptr || !given->isString()) {
    object.expected("address", kAddressForms);
    return;
  }
  const base::Result<net::Address> parsed = parseListenAddress(given->string());
  if (parsed) {
    address = *parsed;
  } else {
    object.expected("address", parsed.error().message);
  }
}

ListenerTimeouts readTimeouts(config::Object object) {
  ListenerTimeouts timeouts;
  timeouts.headers = object.duration("headers", timeouts.headers);
  timeouts.bodyIdle = object.duration("body_idle", timeouts.bodyIdle);
  timeouts.writeIdle = object.duration("write_idle", timeouts.writeIdle);
  timeouts.request = object.duration("request", timeouts.request);
  timeouts.idle = object.duration("idle", timeouts.idle);
  timeouts.streamIdle = object.duration("stream_idle", timeouts.streamIdle);
  timeouts.drain = object.duration("drain", timeouts.drain);
  object.finish();
  return timeouts;
}

// Reads one chain of filters; where they stand in it is checked as they come.
class ChainReader {
 public:
  ChainReader(ListenerConfig& listener, config::Errors& errors) : listener_(listener), errors_(errors) {}

  void read(const config::Node& source, bool last) {
    if (source.unresolved()) return;
    config::Object options(source, errors_);
    const std::string name = options.requiredString("name", "the name of a filter");
    if (name.empty()) return;
    const api::FilterType* type = api::findFilter(name);
    if (type == nullptr) {
      options.error("name", unknownFilter(name));
      return;
    }
    if (last && !type->terminal) {
      options.error("name", fmt::format("expected the last filter to be one that answers requests, {}, got {}",
                                        terminals(), quote(name)));
    } else if (!last && type->terminal) {
      options.error("name",
                    fmt::format("{} answers requests and so must be the last filter; those after it would never run",
                                quote(name)));
    }
    listener_.filters.push_back(type->read(options));
    listener_.filterOptions.push_back(source);
    options.finish();
  }

 private:
  static std::string quote(std::string_view name) { return config::quotedText(name); }

  static std::string terminals() {
    std::string out;
    for (const std::string_view& name : api::filterNames()) {
      if (!api::findFilter(name)->terminal) continue;
      if (!out.empty()) out += " or ";
      out += quote(name);
    }
    return out;
  }

  ListenerConfig& listener_;
  config::Errors& errors_;
};

void readFilters(config::Object& object, ListenerConfig& listener) {
  ChainReader chain(listener, object.errors());
  if (!object.has("filters")) {
    // Whatever is wrong here is no one's mistake in the file, but is reported at the listener all the same.
    for (const std::string_view name : kDefaultChain) {
      config::Node filter = config::Node::makeObject();
      config::Node value = config::Node::makeString(std::string(name));
      value.setKey("name", 0);
      filter.append(std::move(value));
      chain.read(filter, name == std::end(kDefaultChain)[-1]);
    }
    return;
  }
  object.requireElements("filters", "at least the filter \"router\"");
  const config::Node* list = object.node("filters");
  object.forEach("filters",
                 [&](const config::Node& element) { chain.read(element, &element == &list->children().back()); });
}

// A route that no request reaches is hardly meant, but does no harm either.
void warnOfUnreachable(std::span<const routing::RouteConfig> routes, const config::Node& list, config::Errors& errors) {
  for (const routing::Shadow& shadow : routing::findShadowed(routes)) {
    errors.warn(list.children()[shadow.route],
                fmt::format("never matches: {} takes all of its requests", list.children()[shadow.by].pointer()));
  }
  for (size_t i = 0; i < routes.size(); ++i) {
    if (const auto why = routing::whyUnreachable(routes[i])) errors.warn(list.children()[i], "never matches: " + *why);
  }
}

// `chainIsGood`: without that, what a route says to a filter cannot be judged.
void readRoutes(config::Object& object, ListenerConfig& listener, bool chainIsGood) {
  const size_t mistakes = object.errors().count();
  object.requireElements("routes", "at least one route");
  object.forEach("routes", [&](const config::Node& element) {
    config::Object route(element, object.errors());
    routing::RouteConfig& config = listener.routes.emplace_back(routing::readRouteConfig(route));
    if (chainIsGood) {
      readRouteFilters(route, listener.filters, config);
    } else {
      (void)route.has("filters");
    }
    route.finish();
  });
  // What could not be read has its default, which is no one's wish.
  // Nor is there a list when the listener is no object, which is reported already.
  const config::Node* list = object.node("routes");
  if (list != nullptr && object.errors().count() == mistakes)
    warnOfUnreachable(listener.routes, *list, object.errors());
}

}  // namespace

base::Result<net::Address> parseListenAddress(std::string_view text) {
  if (config::hasControlCharacters(text) || !config::isUtf8(text)) return refuse(std::string(kAddressForms));
  const bool isUnix = text.starts_with("unix:");
  base::Result<net::Address> address = net::Address::parse(text);
  // A relative socket path would depend on where the program was started.
  if (address && (!isUnix || text.starts_with("unix:/"))) return address;
  if (isUnix) return refuse("\"unix:\" and an absolute path of at most 107 bytes");
  return refuse(std::string(kAddressForms));
}

ListenerConfig readListenerConfig(config::Object& object) {
  ListenerConfig listener;
  readAddress(object, listener.address);
  listener.name = object.name("name");
  if (listener.name.empty()) listener.name = listener.address.text();
  listener.maxConnections = object.integer32("max_connections", listener.maxConnections, 1, 10'000'000);
  listener.trustedHops = object.integer32("trusted_hops", listener.trustedHops, 0, 100);
  listener.timeouts = readTimeouts(object.child("timeouts"));
  listener.maxRequestHeaders =
      static_cast<uint32_t>(object.bytes("max_request_headers", listener.maxRequestHeaders, 1 << 10, 1 << 20));
  listener.maxHeaderCount = object.integer32("max_header_count", listener.maxHeaderCount, 1, 10'000);
  listener.maxRequestBody = object.bytes("max_request_body", listener.maxRequestBody);
  listener.rules = readMessageRules(object);
  const size_t mistakes = object.errors().count();
  if (const config::Node* body = object.node("error_body"); body != nullptr && !body->unresolved()) {
    listener.errorBody = ErrorBody::read(object.child("error_body"));
    listener.errorBodySource = *body;
  }
  readFilters(object, listener);
  readRoutes(object, listener, object.errors().count() == mistakes);
  object.finish();
  return listener;
}

}  // namespace headgate::proxy
