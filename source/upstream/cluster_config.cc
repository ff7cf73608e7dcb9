#include "source/upstream/cluster_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "source/base/strings.h"
#include "source/config/object.h"
#include "source/config/utf8.h"
#include "source/http/characters.h"

namespace headgate::upstream {
namespace {

constexpr std::array<std::pair<std::string_view, LbPolicy>, 6> kPolicies{{{"round_robin", LbPolicy::RoundRobin},
                                                                          {"least_request", LbPolicy::LeastRequest},
                                                                          {"random", LbPolicy::Random},
                                                                          {"ring_hash", LbPolicy::RingHash},
                                                                          {"maglev", LbPolicy::Maglev},
                                                                          {"least_conn", LbPolicy::LeastRequest}}};
constexpr std::string_view kAddressForms =
    "an address such as \"127.0.0.1:8081\", \"[::1]:8081\", \"app.internal:8081\" or \"unix:/path\"";
constexpr std::string_view kLocalhost = "localhost:";

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

// RFC 1123 section 2.1, and underscores, which many networks use. A last label of digits would be a mistyped address.
bool isHostName(std::string_view host) {
  constexpr size_t kMaxName = 253;
  constexpr size_t kMaxLabel = 63;
  if (host.empty() || host.size() > kMaxName) return false;
  std::string_view label;
  for (std::string_view rest = host; !rest.empty();) {
    const size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    const bool good = std::all_of(label.begin(), label.end(), [](char c) {
      return (base::lower(c) >= 'a' && base::lower(c) <= 'z') || base::isDigit(c) || c == '-' || c == '_';
    });
    if (!good || label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') return false;
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  return !std::all_of(label.begin(), label.end(), [](char c) { return base::isDigit(c); });
}

// "app.internal:8081"; nothing if it is no such thing.
std::optional<EndpointConfig> parseName(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !isHostName(text.substr(0, colon))) return std::nullopt;
  const std::optional<uint64_t> port = base::parseDecimal(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  EndpointConfig endpoint;
  endpoint.name = text.substr(0, colon);
  for (char& c : endpoint.name) c = base::lower(c);
  endpoint.port = static_cast<uint16_t>(*port);
  return endpoint;
}

void readAddress(const config::Node& source, EndpointConfig& endpoint, config::Errors& errors) {
  base::Result<EndpointConfig> parsed = parseEndpoint(source.string());
  if (parsed) {
    endpoint = std::move(*parsed);
  } else {
    errors.add(source, fmt::format("expected {}, got {}", parsed.error().message, source.describe()));
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
    if (endpoints[i].address != net::Address() || !endpoints[i].name.empty()) order.push_back(i);
  }
  const auto text = [&endpoints](size_t i) { return endpoints[i].text(); };
  std::stable_sort(order.begin(), order.end(), [&text](size_t a, size_t b) { return text(a) < text(b); });
  for (size_t i = 1; i < order.size(); ++i) {
    if (text(order[i]) != text(order[i - 1])) continue;
    const config::Node& again = list->children()[order[i]];
    object.errors().add(again, fmt::format("{} is listed twice in this cluster; give it a \"weight\" instead",
                                           config::quotedText(text(order[i]))));
  }
}

bool isToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return http::is(c, http::kTokenChar); });
}

HashKeyConfig readHashKey(config::Object& object) {
  constexpr std::string_view kForms = R"({"header": "..."}, {"cookie": "..."} or "remote_address")";
  HashKeyConfig key;
  const config::Node* node = object.node("hash_key");
  if (node == nullptr) return key;
  if (node->isString() && node->string() == "remote_address") {
    key.kind = HashKeyConfig::Kind::RemoteAddress;
  } else if (node->isObject() && node->children().size() == 1 && node->children().front().isString() &&
             isToken(node->children().front().string())) {
    const config::Node& named = node->children().front();
    key.name = named.string();
    if (named.key() == "header") {
      key.kind = HashKeyConfig::Kind::Header;
      for (char& c : key.name) c = base::lower(c);
    } else if (named.key() == "cookie") {
      key.kind = HashKeyConfig::Kind::Cookie;
    } else {
      object.expected("hash_key", kForms);
    }
  } else {
    object.expected("hash_key", kForms);
  }
  return key;
}

}  // namespace

std::string_view lbPolicyName(LbPolicy policy) {
  switch (policy) {
    case LbPolicy::RoundRobin: return "round_robin";
    case LbPolicy::LeastRequest: return "least_request";
    case LbPolicy::Random: return "random";
    case LbPolicy::RingHash: return "ring_hash";
    case LbPolicy::Maglev: return "maglev";
  }
  return {};
}

std::optional<LbPolicy> parseLbPolicy(std::string_view word) {
  for (const auto& [name, policy] : kPolicies) {
    if (name == word) return policy;
  }
  return std::nullopt;
}

std::string EndpointConfig::text() const { return name.empty() ? address.text() : fmt::format("{}:{}", name, port); }

base::Result<EndpointConfig> parseEndpoint(std::string_view text) {
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
    if (auto named = parseName(text)) return *std::move(named);
    return refuse(std::string(kAddressForms));
  }
  if (!address->isUnix() && address->ip().port() == 0) return refuse("a port from 1 to 65535");
  if (!address->isUnix() && (address->ip().host() == "0.0.0.0" || address->ip().host() == "::")) {
    return refuse(fmt::format("{} (all interfaces are to listen on, not to connect to)", kAddressForms));
  }
  EndpointConfig endpoint;
  endpoint.address = *address;
  return endpoint;
}

std::vector<EndpointConfig> readEndpoints(const config::Node& root, config::Errors& errors) {
  std::vector<EndpointConfig> endpoints;
  config::Object object(root, errors);
  if (root.isObject() && !object.has("endpoints")) object.expected("endpoints", "an array of endpoints");
  object.forEach("endpoints", [&](const config::Node& element) { endpoints.push_back(readEndpoint(element, errors)); });
  refuseDuplicates(endpoints, object);
  object.finish();
  return endpoints;
}

ClusterConfig readClusterConfig(config::Object& object) {
  ClusterConfig cluster;
  cluster.name = object.name("name");
  if (!object.has("name")) object.expected("name", "a name for routes to refer to");
  cluster.endpointsFile = object.string("endpoints_file");
  if (cluster.endpointsFile.empty()) object.requireElements("endpoints", "at least one endpoint");
  object.forEach("endpoints", [&](const config::Node& element) {
    cluster.endpoints.push_back(readEndpoint(element, object.errors()));
  });
  refuseDuplicates(cluster.endpoints, object);
  cluster.lbPolicy = object.choice<LbPolicy>("lb_policy", cluster.lbPolicy, kPolicies);
  cluster.hashKey = readHashKey(object);
  const bool hashes = cluster.lbPolicy == LbPolicy::RingHash || cluster.lbPolicy == LbPolicy::Maglev;
  if (hashes && !object.has("hash_key"))
    object.expected("hash_key",
                    "what the policy goes by: {\"header\": \"...\"}, {\"cookie\": \"...\"} or \"remote_address\"");
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
