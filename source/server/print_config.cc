#include "source/server/print_config.h"

#include <algorithm>
#include <iterator>

#include "source/proxy/message_rules.h"
#include "source/server/config_printer.h"
#include "source/server/print_route.h"

namespace headgate::server {
namespace {

void printStorage(Printer& out, const limits::StorageConfig& storage) {
  out.object("storage", [&] {
    switch (storage.kind) {
      case limits::StorageKind::Sqlite:
        return out.object("sqlite", [&] { out.rawMember("path", storage.sqlite.shown); });
      case limits::StorageKind::Postgres:
        return out.object("postgres", [&] {
          out.rawMember("dsn", storage.dsnShown);
          out.rawMember("local_copy", storage.localCopy.shown);
        });
      case limits::StorageKind::Memory: return out.object("memory", [] {});
    }
  });
}

void printAdmin(Printer& out, const AdminConfig& admin) {
  out.object("admin", [&] {
    out.member("address", adminAddressText(admin));
    out.array("tokens", admin.tokens, [&](const AdminToken& token) {
      out.object([&] {
        out.member("name", token.name);
        out.key("token");
        out.raw(token.reference.empty() ? AdminToken::kRedacted : std::string_view(token.reference));
        out.member("role", adminRoleName(token.role));
      });
    });
  });
}

void printTimeouts(Printer& out, const proxy::ListenerTimeouts& timeouts) {
  out.object("timeouts", [&] {
    out.member("headers", timeouts.headers);
    out.member("body_idle", timeouts.bodyIdle);
    out.member("write_idle", timeouts.writeIdle);
    out.member("request", timeouts.request);
    out.member("idle", timeouts.idle);
    out.member("stream_idle", timeouts.streamIdle);
    out.member("drain", timeouts.drain);
  });
}

void printLimits(Printer& out, const limits::LimitsConfig& limits) {
  out.object("limits", [&] {
    out.object("default", [&] {
      out.member("capacity", limits.defaults.capacity);
      out.member("rate_per_sec", limits.defaults.ratePerSec);
    });
    out.array("client_key", limits.clientKey, [&](const limits::KeySource& source) {
      if (source.isAddress()) return out.raw("remote_address");
      out.object([&] { out.member("header", source.header); });
    });
    for (const auto& [word, unknown] : limits::kUnknownClientsWords) {
      if (unknown == limits.unknownClients) out.member("unknown_clients", word);
    }
    out.member("max_tracked_clients", limits.maxTrackedClients);
    out.member("checkpoint_interval", limits.checkpointInterval);
  });
}

template <typename Value, size_t kWords>
std::string_view wordOf(const std::pair<std::string_view, Value> (&words)[kWords], Value value) {
  return std::find_if(std::begin(words), std::end(words), [value](const auto& word) { return word.second == value; })
      ->first;
}

void printMessageRules(Printer& out, const http::MessageRules& rules) {
  out.object("path", [&] {
    out.member("merge_slashes", rules.path.mergeSlashes);
    out.member("escaped_slashes", wordOf(proxy::kEscapedSlashes, rules.path.escapedSlashes));
  });
  out.object("header_names", [&] {
    out.member("underscores", wordOf(proxy::kUnderscores, rules.underscores));
    out.member("case", std::string_view(rules.keepHeaderCase ? "keep" : "lower"));
  });
  out.array("upgrades", rules.upgrades, [&](const std::string& protocol) { out.value(protocol); });
}

void printListener(Printer& out, const proxy::ListenerConfig& listener) {
  out.object([&] {
    out.member("name", listener.name);
    out.member("address", listener.address.text());
    out.member("max_connections", listener.maxConnections);
    out.member("trusted_hops", listener.trustedHops);
    printTimeouts(out, listener.timeouts);
    out.bytes("max_request_headers", listener.maxRequestHeaders);
    out.member("max_header_count", listener.maxHeaderCount);
    out.bytes("max_request_body", listener.maxRequestBody);
    printMessageRules(out, listener.rules);
    out.key("error_body");
    out.node(listener.errorBodySource);
    out.array("filters", listener.filterOptions, [&](const config::Node& filter) { out.node(filter); });
    out.array("routes", listener.routes, [&](const routing::RouteConfig& route) { printRoute(out, route); });
  });
}

void printHashKey(Printer& out, const upstream::HashKeyConfig& key) {
  using Kind = upstream::HashKeyConfig::Kind;
  out.key("hash_key");
  switch (key.kind) {
    case Kind::None: return out.null();
    case Kind::RemoteAddress: return out.raw("remote_address");
    case Kind::Header: return out.object([&] { out.member("header", key.name); });
    case Kind::Cookie: return out.object([&] { out.member("cookie", key.name); });
  }
}

void printHealthCheck(Printer& out, const upstream::HealthCheckConfig& check) {
  out.object("health_check", [&] {
    switch (check.kind) {
      case upstream::ProbeKind::Tcp: out.object("tcp", [] {}); break;
      case upstream::ProbeKind::Http:
        out.member("path", check.path);
        out.key("method");
        out.raw(http::text(check.method));
        out.member("host", check.host);
        out.object("headers", [&] {
          for (const auto& [name, value] : check.headers) out.member(name, value);
        });
        out.array("expected", check.expected, [&](uint16_t status) { out.value(uint64_t{status}); });
        out.member("reuse_connection", check.reuseConnection);
        break;
    }
    out.member("interval", check.interval);
    out.member("unhealthy_interval", check.unhealthyInterval);
    out.member("timeout", check.timeout);
    out.member("jitter_percent", check.jitterPercent);
    out.member("unhealthy_threshold", check.unhealthyThreshold);
    out.member("healthy_threshold", check.healthyThreshold);
  });
}

void printOutlierDetection(Printer& out, const upstream::OutlierConfig& outlier) {
  out.object("outlier_detection", [&] {
    out.member("consecutive_5xx", outlier.consecutive5xx);
    out.member("consecutive_local", outlier.consecutiveLocal);
    out.member("success_rate_stdevs", outlier.successRateStdevs);
    out.member("success_rate_min_hosts", outlier.successRateMinHosts);
    out.member("success_rate_min_requests", outlier.successRateMinRequests);
    out.member("interval", outlier.interval);
    out.member("base_ejection", outlier.baseEjection);
    out.member("max_ejection", outlier.maxEjection);
    out.member("max_ejection_percent", outlier.maxEjectionPercent);
    out.member("keep_one", outlier.keepOne);
  });
}

void printBreaker(Printer& out, const upstream::BreakerConfig& breaker) {
  out.object("circuit_breaker", [&] {
    out.member("max_connections", breaker.maxConnections);
    out.member("max_pending", breaker.maxPending);
    out.member("max_requests", breaker.maxRequests);
    out.member("max_retries", breaker.maxRetries);
  });
}

void printCluster(Printer& out, const upstream::ClusterConfig& cluster) {
  out.object([&] {
    out.member("name", cluster.name);
    out.array("endpoints", cluster.endpoints, [&](const upstream::EndpointConfig& endpoint) {
      out.object([&] {
        out.member("address", endpoint.text());
        out.member("weight", endpoint.weight);
      });
    });
    out.member("endpoints_file", cluster.endpointsFile);
    out.member("lb_policy", upstream::lbPolicyName(cluster.lbPolicy));
    printHashKey(out, cluster.hashKey);
    out.member("connect_timeout", cluster.connectTimeout);
    out.member("idle_timeout", cluster.idleTimeout);
    if (cluster.healthCheck) {
      printHealthCheck(out, *cluster.healthCheck);
    } else {
      out.key("health_check");
      out.null();
    }
    printOutlierDetection(out, cluster.outlier);
    printBreaker(out, cluster.breaker);
    out.member("panic_threshold_percent", cluster.panicThresholdPercent);
    out.member("slow_start", cluster.slowStart);
  });
}

}  // namespace

std::string printConfig(const Bootstrap& bootstrap) {
  Printer out;
  out.object([&] {
    out.member("node", bootstrap.node);
    out.member("workers", bootstrap.workers);
    out.object("log", [&] {
      out.member("level", logLevelName(bootstrap.log.level));
      out.member("path", bootstrap.log.path);
    });
    printLimits(out, bootstrap.limits);
    printAdmin(out, bootstrap.admin);
    printStorage(out, bootstrap.storage);
    out.object("dns", [&] {
      out.array("servers", bootstrap.dns.servers, [&](const std::string& server) { out.value(server); });
      out.member("timeout", bootstrap.dns.timeout);
    });
    out.array("listeners", bootstrap.listeners,
              [&](const proxy::ListenerConfig& listener) { printListener(out, listener); });
    out.array("clusters", bootstrap.clusters,
              [&](const upstream::ClusterConfig& cluster) { printCluster(out, cluster); });
  });
  return out.text();
}

}  // namespace headgate::server
