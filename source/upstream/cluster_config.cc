#include "source/upstream/cluster_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "source/base/strings.h"
#include "source/config/object.h"
#include "source/config/utf8.h"

namespace headgate::upstream {
namespace {

constexpr std::array<std::pair<std::string_view, LbPolicy>, 4> kPolicies{{{"round_robin", LbPolicy::RoundRobin},
                                                                          {"least_request", LbPolicy::LeastRequest},
                                                                          {"random", LbPolicy::Random},
                                                                          {"least_conn", LbPolicy::LeastRequest}}};
constexpr std::string_view kAddressForms = "an address such as \"127.0.0.1:8081\", \"[::1]:8081\" or \"unix:/path\"";
constexpr std::string_view kLocalhost = "localhost:";

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

// "app.internal:8080" or "app": letters that are neither a scheme of ours nor an IPv6 address.
bool looksLikeHostName(std::string_view text) {
  const std::string_view host = text.substr(0, text.find(':'));
  return !host.empty() && text.find('/') == std::string_view::npos && std::count(text.begin(), text.end(), ':') <= 1 &&
         std::any_of(host.begin(), host.end(), [](char c) { return base::lower(c) >= 'a' && base::lower(c) <= 'z'; });
}

void readAddress(const config::Node& source, EndpointConfig& endpoint, config::Errors& errors) {
  const base::Result<net::Address> address = parseEndpointAddress(source.string());
  if (address) {
    endpoint.address = *address;
  } else {
    errors.add(source, fmt::format("expected {}, got {}", address.error().message, source.describe()));
  }
}

EndpointConfig readEndpoint(const config::Node& source, config::Errors& errors) {
  EndpointConfig endpoint;
  if (source.unresolved()) return endpoint;
  if (source.isString()) {
    readAddress(source, endpoint, errors);
  } else if (source.isObject()) {
    config::Object object(source, errors);
    if (const config::Node* address = object.node("address"); address != nullptr && address->isString()) {
      readAddress(*address, endpoint, errors);
    } else {
      object.expected("address", kAddressForms);
    }
    endpoint.weight = object.integer32("weight", endpoint.weight, 1, 1000);
    object.finish();
  } else {
    errors.add(source, fmt::format("expected {}, or an object with \"address\" and \"weight\", got {}", kAddressForms,
                                   source.describe()));
  }
  return endpoint;
}

// A second line for the same backend doubles its share in silence; "weight" says the same aloud.
void refuseDuplicates(const std::vector<EndpointConfig>& endpoints, config::Object& object) {
  const config::Node* list = object.node("endpoints");
  std::vector<size_t> order;
  for (size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].address != net::Address()) order.push_back(i);
  }
  const auto text = [&endpoints](size_t i) { return endpoints[i].address.text(); };
  std::stable_sort(order.begin(), order.end(), [&text](size_t a, size_t b) { return text(a) < text(b); });
  for (size_t i = 1; i < order.size(); ++i) {
    if (endpoints[order[i]].address != endpoints[order[i - 1]].address) continue;
    const config::Node& again = list->children()[order[i]];
    object.errors().add(again, fmt::format("{} is listed twice in this cluster; give it a \"weight\" instead",
                                           config::quotedText(text(order[i]))));
  }
}

}  // namespace

std::string_view lbPolicyName(LbPolicy policy) {
  switch (policy) {
    case LbPolicy::RoundRobin: return "round_robin";
    case LbPolicy::LeastRequest: return "least_request";
    case LbPolicy::Random: return "random";
  }
  return {};
}

std::optional<LbPolicy> parseLbPolicy(std::string_view word) {
  for (const auto& [name, policy] : kPolicies) {
    if (name == word) return policy;
  }
  return std::nullopt;
}

base::Result<net::Address> parseEndpointAddress(std::string_view text) {
  if (config::hasControlCharacters(text) || !config::isUtf8(text)) return refuse(std::string(kAddressForms));
  std::string numeric(text);
  if (text.starts_with(kLocalhost)) numeric = fmt::format("127.0.0.1:{}", text.substr(kLocalhost.size()));
  const base::Result<net::Address> address = net::Address::parse(numeric);
  // A relative socket path would depend on where the program was started.
  const bool relative = text.starts_with("unix:") && !text.starts_with("unix:/");
  if (!address || relative) {
    if (text.starts_with("unix:")) return refuse("\"unix:\" and an absolute path of at most 107 bytes");
    if (text.starts_with("http://")) return refuse(fmt::format("{}, without \"http://\"", kAddressForms));
    if (text.starts_with("https://"))
      return refuse(fmt::format("{} (this version speaks no TLS to backends)", kAddressForms));
    if (looksLikeHostName(text)) {
      return refuse(fmt::format("{} (host names need DNS discovery, which this version does not have)", kAddressForms));
    }
    return refuse(std::string(kAddressForms));
  }
  if (!address->isUnix() && address->ip().port() == 0) return refuse("a port from 1 to 65535");
  if (!address->isUnix() && (address->ip().host() == "0.0.0.0" || address->ip().host() == "::")) {
    return refuse(fmt::format("{} (all interfaces are to listen on, not to connect to)", kAddressForms));
  }
  return address;
}

ClusterConfig readClusterConfig(config::Object& object) {
  ClusterConfig cluster;
  cluster.name = object.name("name");
  if (!object.has("name")) object.expected("name", "a name for routes to refer to");
  object.requireElements("endpoints", "at least one endpoint");
  object.forEach("endpoints", [&](const config::Node& element) {
    cluster.endpoints.push_back(readEndpoint(element, object.errors()));
  });
  refuseDuplicates(cluster.endpoints, object);
  cluster.lbPolicy = object.choice<LbPolicy>("lb_policy", cluster.lbPolicy, kPolicies);
  cluster.connectTimeout = object.duration("connect_timeout", cluster.connectTimeout, std::chrono::milliseconds(1));
  cluster.idleTimeout = object.duration("idle_timeout", cluster.idleTimeout);
  if (object.has("health_check")) cluster.healthCheck = readHealthCheckConfig(object.child("health_check"));
  cluster.outlier = readOutlierConfig(object.child("outlier_detection"));
  cluster.breaker = readBreakerConfig(object.child("circuit_breaker"));
  cluster.panicThresholdPercent = object.integer32("panic_threshold_percent", cluster.panicThresholdPercent, 0, 100);
  cluster.slowStart = object.duration("slow_start", cluster.slowStart);
  object.finish();
  return cluster;
}

}  // namespace headgate::upstream
