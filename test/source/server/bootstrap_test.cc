#include "source/server/bootstrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/config/loader.h"
#include "test/source/server/fake_filters.h"

namespace headgate::server {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  Bootstrap bootstrap;
  std::string errors;
  std::string warnings;
  std::vector<std::string> messages;  ///< "pointer: message" in the order of the document
};

Read read(std::string_view text) {
  registerFakeFilters();
  config::ReferenceSources sources;
  sources.variable = [](std::string_view) { return std::nullopt; };
  config::Document document = config::loadText("t", text, sources);
  Read result;
  if (document.root) result.bootstrap = readBootstrap(*document.root, document.errors);
  result.errors = document.errors.text();
  result.warnings = document.errors.warningText();
  for (const config::Error& error : document.errors.sorted())
    result.messages.push_back(error.pointer + ": " + error.message);
  return result;
}

// A good file but for one listener's, route's or cluster's members.
Read readListener(const std::string& members) {
  return read(R"({"listeners": [{"routes": [{"cluster": "app"}], )" + members +
              R"(}], "clusters": [{"name": "app", "endpoints": ["127.0.0.1:1"]}]})");
}
Read readRoute(const std::string& members) {
  return read(R"({"listeners": [{"address": ":80", "routes": [{"cluster": "app", )" + members +
              R"(}]}], "clusters": [{"name": "app", "endpoints": ["127.0.0.1:1"]}]})");
}
Read readCluster(const std::string& members) {
  return read(R"({"listeners": [{"address": ":80", "routes": [{"cluster": "app"}]}], "clusters": [{"name": "app", )" +
              members + "}]}");
}

TEST(Bootstrap, MinimalFileHasTheDocumentedDefaults) {
  const Read result = read(R"(
      { "listeners": [ { "address": "0.0.0.0:8080", "routes": [ { "cluster": "app" } ] } ],
        "clusters":  [ { "name": "app", "endpoints": ["127.0.0.1:8081", "127.0.0.1:8082"] } ] })");
  EXPECT_EQ(result.errors, "");
  const Bootstrap& bootstrap = result.bootstrap;
  EXPECT_EQ(bootstrap.node, "");
  EXPECT_EQ(bootstrap.workers, 0u);
  EXPECT_EQ(bootstrap.log.level, LogLevel::Info);
  EXPECT_EQ(bootstrap.log.path, "");

  ASSERT_EQ(bootstrap.listeners.size(), 1u);
  const proxy::ListenerConfig& listener = bootstrap.listeners[0];
  EXPECT_EQ(listener.name, "0.0.0.0:8080");
  EXPECT_EQ(listener.address.text(), "0.0.0.0:8080");
  EXPECT_EQ(listener.maxConnections, 10000u);
  EXPECT_EQ(listener.timeouts.headers, 10s);
  EXPECT_EQ(listener.timeouts.bodyIdle, 30s);
  EXPECT_EQ(listener.timeouts.writeIdle, 60s);
  EXPECT_EQ(listener.timeouts.request, 0s);
  EXPECT_EQ(listener.timeouts.idle, 75s);
  EXPECT_EQ(listener.timeouts.streamIdle, 300s);
  EXPECT_EQ(listener.timeouts.drain, 30s);
  EXPECT_EQ(listener.maxRequestHeaders, 61440u);
  EXPECT_EQ(listener.maxHeaderCount, 100u);
  EXPECT_EQ(listener.maxRequestBody, config::kUnlimited);
  ASSERT_EQ(listener.filters.size(), 3u);
  EXPECT_EQ(listener.filters[0]->name(), "access_log");
  EXPECT_EQ(listener.filters[1]->name(), "ratelimit");
  EXPECT_EQ(listener.filters[2]->name(), "router");

  ASSERT_EQ(listener.routes.size(), 1u);
  const routing::RouteConfig& route = listener.routes[0];
  EXPECT_EQ(route.match.host, "*");
  EXPECT_EQ(route.match.path, "/");
  EXPECT_EQ(route.cluster, "app");
  EXPECT_EQ(route.timeout, 15s);
  EXPECT_EQ(route.retries.on, 15);
  EXPECT_EQ(route.retries.max, 2u);
  EXPECT_EQ(route.retries.perTryTimeout, 0s);
  EXPECT_EQ(route.retries.budgetPercent, 20u);
  EXPECT_EQ(route.retries.budgetMinPerSecond, 10u);

  ASSERT_EQ(bootstrap.clusters.size(), 1u);
  const upstream::ClusterConfig& cluster = bootstrap.clusters[0];
  EXPECT_EQ(cluster.name, "app");
  ASSERT_EQ(cluster.endpoints.size(), 2u);
  EXPECT_EQ(cluster.endpoints[1].address.text(), "127.0.0.1:8082");
  EXPECT_EQ(cluster.endpoints[1].weight, 1u);
  EXPECT_EQ(cluster.lbPolicy, upstream::LbPolicy::RoundRobin);
  EXPECT_EQ(cluster.connectTimeout, 5s);
  EXPECT_EQ(cluster.idleTimeout, 60s);
}

TEST(Bootstrap, ReadsEveryKey) {
  const Read result = read(R"({
      "$schema": "config.schema.json", "node": "edge-1", "workers": 4, "log": {"level": "debug", "path": "/tmp/log"},
      "listeners": [{
        "name": "http", "address": "unix:/run/headgate.sock", "max_connections": 5, "trusted_hops": 2,
        "timeouts": {"headers": "1s", "body_idle": "2s", "write_idle": "3s", "request": "4s", "idle": "5s", "stream_idle": "6s",
                     "drain": "7s"},
        "max_request_headers": "8KiB", "max_header_count": 9, "max_request_body": "10MiB",
        "upgrades": ["WebSocket", "tus/1.0"], "path": {"merge_slashes": true, "escaped_slashes": "refuse"},
        "header_names": {"underscores": "drop", "case": "keep"},
        "filters": [{"name": "access_log", "path": "/tmp/a", "format": "json"}, {"name": "router"}],
        "routes": [{
          "match": {"host": "API.Example.com", "path": "/v1"}, "cluster": "a", "timeout": "11s",
          "retries": {"on": ["reset", "unsent"], "max": 0, "per_try_timeout": "12s", "budget_percent": 13,
                      "budget_min_per_second": 14}}]}],
      "clusters": [{
        "name": "a", "endpoints": ["[::1]:80", {"address": "unix:/run/app.sock", "weight": 3}, "localhost:81"],
        "lb_policy": "least_conn", "connect_timeout": "15s", "idle_timeout": "16s"}]})");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.bootstrap.node, "edge-1");
  EXPECT_EQ(result.bootstrap.workers, 4u);
  EXPECT_EQ(result.bootstrap.log.level, LogLevel::Debug);
  EXPECT_EQ(result.bootstrap.log.path, "/tmp/log");
  const proxy::ListenerConfig& listener = result.bootstrap.listeners.at(0);
  EXPECT_EQ(listener.name, "http");
  EXPECT_TRUE(listener.address.isUnix());
  EXPECT_EQ(listener.maxConnections, 5u);
  EXPECT_EQ(listener.trustedHops, 2u);
  EXPECT_TRUE(listener.rules.path.mergeSlashes);
  EXPECT_EQ(listener.rules.path.escapedSlashes, http::EscapedSlashes::Refuse);
  EXPECT_EQ(listener.rules.underscores, http::Underscores::Drop);
  EXPECT_TRUE(listener.rules.keepHeaderCase);
  EXPECT_EQ(listener.rules.upgrades, (std::vector<std::string>{"websocket", "tus/1.0"}));
  EXPECT_EQ(listener.timeouts.headers, 1s);
  EXPECT_EQ(listener.timeouts.bodyIdle, 2s);
  EXPECT_EQ(listener.timeouts.writeIdle, 3s);
  EXPECT_EQ(listener.timeouts.request, 4s);
  EXPECT_EQ(listener.timeouts.idle, 5s);
  EXPECT_EQ(listener.timeouts.streamIdle, 6s);
  EXPECT_EQ(listener.timeouts.drain, 7s);
  EXPECT_EQ(listener.maxRequestHeaders, 8192u);
  EXPECT_EQ(listener.maxHeaderCount, 9u);
  EXPECT_EQ(listener.maxRequestBody, uint64_t{10} << 20);
  EXPECT_EQ(listener.filterOptions.at(0).find("path")->string(), "/tmp/a");
  const routing::RouteConfig& route = listener.routes.at(0);
  EXPECT_EQ(route.match.host, "api.example.com");
  EXPECT_EQ(route.match.path, "/v1");
  EXPECT_EQ(route.timeout, 11s);
  EXPECT_EQ(route.retries.on, routing::kRetryReset | routing::kRetryUnsent);
  EXPECT_EQ(route.retries.max, 0u);
  EXPECT_EQ(route.retries.perTryTimeout, 12s);
  EXPECT_EQ(route.retries.budgetPercent, 13u);
  EXPECT_EQ(route.retries.budgetMinPerSecond, 14u);
  const upstream::ClusterConfig& cluster = result.bootstrap.clusters.at(0);
  EXPECT_EQ(cluster.endpoints.at(0).address.text(), "[::1]:80");
  EXPECT_EQ(cluster.endpoints.at(1).weight, 3u);
  EXPECT_EQ(cluster.endpoints.at(2).address.text(), "127.0.0.1:81");
  EXPECT_EQ(cluster.lbPolicy, upstream::LbPolicy::LeastRequest);
  EXPECT_EQ(cluster.connectTimeout, 15s);
  EXPECT_EQ(cluster.idleTimeout, 16s);
}

TEST(Bootstrap, NeedsAListenerAndACluster) {
  EXPECT_EQ(read("{}").errors,
            "t:1:1 /listeners: missing; expected at least one listener\n"
            "t:1:1 /clusters: missing; expected at least one cluster\n");
  EXPECT_EQ(read(R"({"listeners": [], "clusters": {}})").errors,
            "t:1:15 /listeners: expected at least one listener, got an empty array\n"
            "t:1:31 /clusters: expected an array, got an object\n");
  EXPECT_EQ(read("[]").errors, "t:1:1: expected an object, got an empty array\n");
}

TEST(Bootstrap, UnknownKeysAreMistakesAtEveryLevel) {
  const Read result = read(R"({
      "colour": 1, "log": {"colour": 1},
      "listeners": [{"address": ":80", "colour": 1, "timeouts": {"colour": 1}, "routes": [
        {"cluster": "a", "colour": 1, "match": {"colour": 1}, "retries": {"colour": 1}}]}],
      "clusters": [{"name": "a", "endpoints": [{"address": "127.0.0.1:1", "colour": 1}], "colour": 1}]})");
  EXPECT_EQ(result.messages.size(), 9u) << result.errors;
  EXPECT_THAT(result.messages, testing::Each(HasSubstr("unknown key \"colour\"")));
}

TEST(Bootstrap, ReportsAllMistakesInOneGo) {
  const Read result = read(R"({
    "workers": 257,
    "listeners": [{"address": "nonsense", "timeouts": {"idle": "5sec"}, "routes": [{"cluster": "ap", "retries": {"max": 11}}]}],
    "clusters": [{"name": "app", "endpoints": ["127.0.0.1:99999"], "conect_timeout": "1s"}]})");
  EXPECT_EQ(result.errors,
            "t:2:16 /workers: expected a whole number from 0 to 256, got 257\n"
            "t:3:31 /listeners/0/address: expected an address such as \"0.0.0.0:8080\", \":8080\", \"[::]:8080\" or "
            "\"unix:/path\", "
            "got \"nonsense\"\n"
            "t:3:64 /listeners/0/timeouts/idle: expected a duration such as \"5s\" or \"250ms\", got \"5sec\"\n"
            "t:3:96 /listeners/0/routes/0/cluster: there is no cluster \"ap\"; did you mean \"app\"?\n"
            "t:3:121 /listeners/0/routes/0/retries/max: expected a whole number from 0 to 10, got 11\n"
            "t:4:48 /clusters/0/endpoints/0: expected an address such as \"127.0.0.1:8081\", \"[::1]:8081\", "
            "\"app.internal:8081\" or \"unix:/path\", got "
            "\"127.0.0.1:99999\"\n"
            "t:4:68 /clusters/0/conect_timeout: unknown key \"conect_timeout\"; did you mean \"connect_timeout\"?\n");
}

TEST(Bootstrap, RefusesDuplicateNamesAndAddresses) {
  const Read result = read(R"({
    "listeners": [{"name": "a", "address": ":80", "routes": [{"cluster": "x"}]}, {"name": "a", "address": "0.0.0.0:80", "routes": [{"cluster": "x"}]}],
    "clusters": [{"name": "x", "endpoints": ["127.0.0.1:1"]}, {"name": "x", "endpoints": ["127.0.0.1:1"]}]})");
  EXPECT_THAT(result.messages,
              ElementsAre("/listeners/1/name: duplicate listener name \"a\": /listeners/0 has it already",
                          "/listeners/1/address: duplicate address \"0.0.0.0:80\": /listeners/0 has it already",
                          "/clusters/1/name: duplicate cluster name \"x\": /clusters/0 has it already"));
}

TEST(Bootstrap, AListenerWithoutNameRepeatsItsAddressOnlyOnce) {
  constexpr const char* kTwo = R"({"listeners": [{"address": "127.0.0.1:%s", "routes": [{"cluster": "x"}]},
      {"address": "127.0.0.1:%s", "routes": [{"cluster": "x"}]}], "clusters": [{"name": "x", "endpoints": ["127.0.0.1:1"]}]})";
  const auto with = [&](const std::string& port) {
    std::string text = kTwo;
    for (size_t at = text.find("%s"); at != std::string::npos; at = text.find("%s")) text.replace(at, 2, port);
    return read(text);
  };
  EXPECT_EQ(with("80").messages.size(), 1u);
  EXPECT_EQ(with("0").errors, "");  // the kernel gives each a port of its own
}

TEST(Bootstrap, WarnsOfRoutesThatNeverMatch) {
  const Read result = read(R"({"listeners": [{"address": ":80", "routes": [
      {"match": {"host": "a.example", "path": "/x"}, "cluster": "c"}, {"match": {"path": "/x"}, "cluster": "c"},
      {"match": {"host": "A.EXAMPLE", "path": "/x"}, "cluster": "c"}]}], "clusters": [{"name": "c", "endpoints": ["127.0.0.1:1"]}]})");
  EXPECT_EQ(result.errors, "");
  EXPECT_EQ(result.warnings,
            "t:3:7 /listeners/0/routes/2: warning: never matches: /listeners/0/routes/0 takes all of its requests\n");
}

TEST(Bootstrap, DoesNotWarnOfRoutesWhoseMatchCouldNotBeRead) {
  const Read result = read(R"({"listeners": [{"address": ":80", "routes": [
      {"match": {"path": "x"}, "cluster": "c"}, {"match": {"path": "y"}, "cluster": "c"}]}],
      "clusters": [{"name": "c", "endpoints": ["127.0.0.1:1"]}]})");
  EXPECT_EQ(result.messages.size(), 2u);
  EXPECT_EQ(result.warnings, "");
}

TEST(Bootstrap, ListsTheClustersWhenNoneIsNear) {
  const Read result = readRoute(R"("match": null)");
  EXPECT_EQ(result.errors, "");
  const Read other = read(R"({"listeners": [{"address": ":80", "routes": [{"cluster": "payments"}]}],
      "clusters": [{"name": "app", "endpoints": ["127.0.0.1:1"]}, {"name": "static", "endpoints": ["127.0.0.1:1"]}]})");
  EXPECT_THAT(
      other.messages,
      ElementsAre("/listeners/0/routes/0/cluster: there is no cluster \"payments\"; clusters: \"app\", \"static\""));
}

TEST(Bootstrap, RangesOfTheListener) {
  for (const char* good :
       {R"("address": "127.0.0.1:0")", R"("address": "[::]:8080")", R"("address": ":1", "max_connections": 10000000)",
        R"("address": ":1", "max_request_headers": "1MiB")", R"("address": ":1", "max_request_body": 0)",
        R"("address": ":1", "timeouts": {"idle": "0s"})", R"("address": ":1", "filters": [{"name": "router"}])"}) {
    EXPECT_EQ(readListener(good).errors, "") << good;
  }
  for (const char* bad :
       {R"("address": ":65536")", R"("address": "localhost")", R"("address": "unix:relative")", R"("address": 8080)",
        R"("address": ":1", "max_connections": 0)", R"("address": ":1", "max_request_headers": 1023)",
        R"("address": ":1", "max_request_headers": "unlimited")", R"("address": ":1", "max_header_count": 0)",
        R"("address": ":1", "trusted_hops": 101)", R"("address": ":1", "upgrades": "websocket")",
        R"("address": ":1", "path": {"escaped_slashes": "unescape"})", R"("address": ":1", "path": "/")",
        R"("address": ":1", "header_names": {"underscores": true})",
        R"("address": ":1", "header_names": {"case": "upper"})", R"("address": ":1", "upgrades": ["web socket"])",
        R"("address": ":1", "upgrades": ["h2c"])", R"("address": ":1", "timeouts": {"idle": "9000h"})",
        R"("address": ":1", "timeouts": {"idle": -1})", R"("name": "x")"}) {
    EXPECT_EQ(readListener(bad).messages.size(), 1u) << bad << "\n" << readListener(bad).errors;
  }
}

TEST(Bootstrap, ChecksTheChainOfFilters) {
  const auto messageOf = [](const std::string& filters) {
    const Read result = readListener(R"("address": ":1", "filters": )" + filters);
    return result.messages.size() == 1 ? result.messages[0] : result.errors;
  };
  EXPECT_EQ(messageOf("[]"), "/listeners/0/filters: expected at least the filter \"router\", got an empty array");
  EXPECT_EQ(messageOf(R"([{"name": "access_log"}])"),
            "/listeners/0/filters/0/name: expected the last filter to be one that answers requests, \"router\", got "
            "\"access_log\"");
  EXPECT_THAT(messageOf(R"([{"name": "router"}, {"name": "router"}])"),
              HasSubstr("/filters/0/name: \"router\" answers requests"));
  EXPECT_EQ(messageOf(R"([{"name": "acces_log"}, {"name": "router"}])"),
            "/listeners/0/filters/0/name: unknown filter \"acces_log\"; did you mean \"access_log\"?");
  EXPECT_THAT(messageOf(R"([{"name": "waf"}, {"name": "router"}])"),
              HasSubstr("unknown filter \"waf\"; this version has access_log, ratelimit, router"));
  EXPECT_EQ(messageOf(R"([{"name": "access_log", "frmat": "x"}, {"name": "router"}])"),
            "/listeners/0/filters/0/frmat: unknown key \"frmat\"; did you mean \"format\"?");
  EXPECT_EQ(messageOf(R"(["router"])"), "/listeners/0/filters/0: expected an object, got \"router\"");
  EXPECT_EQ(messageOf(R"([{}])"), "/listeners/0/filters/0/name: missing; expected the name of a filter");
  EXPECT_EQ(messageOf(R"([{"name": "access_log"}, {"name": "access_log"}, {"name": "router"}])"), "");
}

TEST(Bootstrap, RangesOfTheRoute) {
  for (const char* good : {R"("match": {"host": "*"})", R"("match": {"host": "[2001:db8::1]"})",
                           R"("match": {"host": "a_b.c-d.e"})", R"("match": {"path": "/a%2Fb/"})", R"("timeout": "0s")",
                           R"("retries": null)", R"("retries": {"on": []})", R"("retries": {"max": 10})"}) {
    EXPECT_EQ(readRoute(good).errors, "") << good;
  }
  for (const char* bad :
       {R"("match": {"host": "a.*"})", R"("match": {"host": "a.example:0"})", R"("match": {"host": ""})",
        R"("match": {"host": "a..b"})", R"("match": {"host": "a/b"})", R"("match": {"path": "api"})",
        R"("match": {"path": "/a?b"})", R"("match": {"path": "/a b"})", R"("match": {"path": "/a/./b"})",
        R"("match": {"path": "/../b"})", R"("timeout": 15)", R"("retries": {"on": ["5xx"]})",
        R"("retries": {"on": "reset"})", R"("retries": {"budget_percent": 101})", R"("retries": 3)"}) {
    EXPECT_EQ(readRoute(bad).messages.size(), 1u) << bad << "\n" << readRoute(bad).errors;
  }
}

TEST(Bootstrap, RangesOfTheCluster) {
  for (const char* good :
       {R"("endpoints": [{"address": "127.0.0.1:1", "weight": 1000}])", R"("endpoints": ["unix:/run/a.sock"])",
        R"("endpoints": ["127.0.0.1:1"], "lb_policy": "random")",
        R"("endpoints": ["127.0.0.1:1"], "idle_timeout": "0s")"}) {
    EXPECT_EQ(readCluster(good).errors, "") << good;
  }
  for (const char* bad :
       {R"("endpoints": [])", R"("endpoints": "127.0.0.1:1")", R"("endpoints": [8081])",
        R"("endpoints": [{"weight": 1}])", R"("endpoints": [{"address": "127.0.0.1:1", "weight": 0}])",
        R"("endpoints": [{"address": "127.0.0.1:1", "weight": 1001}])",
        R"("endpoints": ["127.0.0.1:1", "127.0.0.1:1"])", R"("endpoints": ["127.0.0.1:0"])",
        R"("endpoints": ["0.0.0.0:80"])", R"("endpoints": ["[::]:80"])", R"("endpoints": [":80"])",
        R"("endpoints": ["127.0.0.1:1"], "lb_policy": "fastest")",
        R"("endpoints": ["127.0.0.1:1"], "connect_timeout": "0s")"}) {
    EXPECT_EQ(readCluster(bad).messages.size(), 1u) << bad << "\n" << readCluster(bad).errors;
  }
}

TEST(Bootstrap, SaysWhatAnEndpointMayBe) {
  EXPECT_THAT(readCluster(R"("endpoints": ["app.internal:0"])").errors, HasSubstr("expected an address such as"));
  EXPECT_THAT(readCluster(R"("endpoints": ["app"])").errors, HasSubstr("expected an address such as"));
  EXPECT_THAT(readCluster(R"("endpoints": ["1.2.3.400:80"])").errors, HasSubstr("expected an address such as"));
  EXPECT_THAT(readCluster(R"("endpoints": ["-app:80"])").errors, HasSubstr("expected an address such as"));
  EXPECT_THAT(readCluster(R"("endpoints": ["http://127.0.0.1:80"])").errors, HasSubstr("without \"http://\""));
  EXPECT_THAT(readCluster(R"("endpoints": ["https://127.0.0.1:443"])").errors, HasSubstr("no TLS to backends"));
}

TEST(Bootstrap, MistakesInOneElementDoNotShiftTheNext) {
  const Read result = read(R"({"listeners": [5, {"address": ":80", "routes": ["x", {"cluster": "nope"}]}],
      "clusters": [{"name": "app", "endpoints": ["127.0.0.1:1"]}]})");
  EXPECT_THAT(
      result.messages,
      ElementsAre("/listeners/0: expected an object, got 5", "/listeners/1/routes/0: expected an object, got \"x\"",
                  "/listeners/1/routes/1/cluster: there is no cluster \"nope\"; clusters: \"app\""));
}

TEST(Bootstrap, AnUnresolvedReferenceIsReportedOnce) {
  const Read result =
      read(R"({"workers": "${NOPE}", "listeners": [{"address": "${NOPE}", "routes": [{"cluster": "app"}]}],
      "clusters": [{"name": "${NOPE}", "endpoints": ["${NOPE}", "127.0.0.1:${NOPE}"]}]})");
  EXPECT_EQ(result.messages.size(), 5u) << result.errors;
  EXPECT_THAT(result.messages, testing::Each(HasSubstr("NOPE is not set")));
}

}  // namespace
}  // namespace headgate::server
