#include "source/server/print_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/config/loader.h"
#include "test/source/server/fake_filters.h"

namespace headgate::server {
namespace {

using testing::HasSubstr;
using testing::Not;

Bootstrap read(std::string_view text) {
  registerFakeFilters();
  config::ReferenceSources sources;
  sources.variable = [](std::string_view name) -> std::optional<std::string> {
    if (name == "TOKEN") return "hunter2";
    return std::nullopt;
  };
  sources.file = [](const std::string&) -> base::Result<std::string> { return "/var/log/access\n"; };
  config::Document document = config::loadText("t", text, sources);
  Bootstrap bootstrap;
  if (document.root) bootstrap = readBootstrap(*document.root, document.errors);
  EXPECT_EQ(document.errors.text(), "") << text;
  return bootstrap;
}

TEST(PrintConfig, WritesOutEveryDefault) {
  const std::string text = printConfig(read(R"({"listeners": [{"address": ":80", "routes": [{"cluster": "a"}]}],
      "clusters": [{"name": "a", "endpoints": ["127.0.0.1:1"]}]})"));
  for (const char* key : {"node",
                          "workers",
                          "log",
                          "level",
                          "path",
                          "listeners",
                          "name",
                          "address",
                          "max_connections",
                          "trusted_hops",
                          "timeouts",
                          "headers",
                          "body_idle",
                          "write_idle",
                          "request",
                          "idle",
                          "stream_idle",
                          "drain",
                          "max_request_headers",
                          "max_header_count",
                          "max_request_body",
                          "merge_slashes",
                          "escaped_slashes",
                          "header_names",
                          "underscores",
                          "case",
                          "upgrades",
                          "filters",
                          "routes",
                          "match",
                          "host",
                          "cluster",
                          "timeout",
                          "retries",
                          "on",
                          "max",
                          "per_try_timeout",
                          "budget_percent",
                          "budget_min_per_second",
                          "clusters",
                          "endpoints",
                          "weight",
                          "lb_policy",
                          "connect_timeout",
                          "idle_timeout"}) {
    EXPECT_THAT(text, HasSubstr("\"" + std::string(key) + "\":"));
  }
  EXPECT_THAT(text, HasSubstr("\"max_request_body\": \"unlimited\""));
  EXPECT_THAT(text, HasSubstr("\"max_request_headers\": \"60KiB\""));
}

TEST(PrintConfig, LoadsAgainToTheSame) {
  const std::string once = printConfig(read(R"({
      "node": "edge $${x}", "workers": 4, "log": {"level": "warning", "path": "/tmp/$${log}"},
      "listeners": [
        {"name": "a \"b\"", "address": "unix:/run/h.sock", "max_connections": 5, "timeouts": {"headers": "1500ms", "drain": "2h"},
         "max_request_headers": 1025, "max_request_body": "10MiB", "upgrades": [],
         "path": {"escaped_slashes": "decode"}, "header_names": {"underscores": "refuse", "case": "keep"},
         "filters": [{"name": "access_log", "path": "/tmp/$${x}", "format": null, "buffer": 3}, {"name": "router"}],
         "routes": [{"match": {"host": "a.example", "path": "/v1"}, "cluster": "a", "timeout": "0s",
                     "retries": {"on": ["reset"], "max": 0, "per_try_timeout": "250ms", "budget_percent": 0}},
                    {"cluster": "b", "retries": {"on": []}}]},
        {"address": "[::1]:80", "routes": [{"cluster": "a"}]}],
      "clusters": [{"name": "a", "endpoints": ["[::1]:1", {"address": "unix:/run/a.sock", "weight": 9}], "lb_policy": "least_conn"},
                   {"name": "b", "endpoints": ["localhost:1"], "idle_timeout": "0s"}]})"));
  EXPECT_EQ(printConfig(read(once)), once);
  EXPECT_THAT(once, HasSubstr("\"node\": \"edge $${x}\""));
  EXPECT_THAT(once, HasSubstr("\"headers\": \"1500ms\""));
  EXPECT_THAT(once, HasSubstr("\"lb_policy\": \"least_request\""));
}

TEST(PrintConfig, ShowsReferencesInsteadOfSecrets) {
  const std::string text = printConfig(read(R"({
      "listeners": [{"address": ":80", "routes": [{"cluster": "a"}],
        "filters": [{"name": "access_log", "path": "/log/${TOKEN}"}, {"name": "access_log", "path": "${file:/run/secrets/path}"},
                    {"name": "access_log", "path": "${NONE:-/dev/null}", "buffer": "${NONE:-7}"}, {"name": "router"}]}],
      "clusters": [{"name": "a", "endpoints": ["127.0.0.1:1"]}]})"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("/var/log/access")));
  EXPECT_THAT(text, HasSubstr("\"path\": \"/log/${TOKEN}\""));
  EXPECT_THAT(text, HasSubstr("\"path\": \"${file:/run/secrets/path}\""));
  EXPECT_THAT(text, HasSubstr("\"path\": \"/dev/null\""));
  EXPECT_THAT(text, HasSubstr("\"buffer\": \"${NONE:-7}\""));
  EXPECT_EQ(printConfig(read(text)), text);
}

TEST(PrintConfig, ShowsNoPasswordOfTheStore) {
  constexpr std::string_view kRest =
      R"(, "listeners": [{"address": ":80", "routes": [{"cluster": "a"}]}], "clusters": [{"name": "a", "endpoints": ["127.0.0.1:1"]}]})";
  const auto print = [&](std::string_view storage) {
    return printConfig(read(R"({"storage": )" + std::string(storage) + std::string(kRest)));
  };
  const std::string inPlace = print(R"({"postgres": {"dsn": "postgres://me:hunter2@db/clients"}})");
  EXPECT_THAT(inPlace, testing::Not(testing::HasSubstr("hunter2")));
  EXPECT_THAT(inPlace, testing::HasSubstr("password='***'"));
  const std::string without = print(R"({"postgres": {"dsn": "postgres://me@db/clients"}})");
  EXPECT_THAT(without, testing::HasSubstr(R"("dsn": "postgres://me@db/clients")"));
  EXPECT_THAT(without, testing::HasSubstr(R"("local_copy": "${STATE_DIRECTORY:-.}/headgate-copy.db")"));
  EXPECT_THAT(print(R"({"memory": {}})"), testing::HasSubstr(R"("memory": {})"));
}

}  // namespace
}  // namespace headgate::server
