#include <fmt/format.h>

#include <array>
#include <iterator>
#include <utility>

#include "admin/handlers/client_support.h"
#include "admin/handlers/handlers.h"
#include "admin/json.h"
#include "source/config/object.h"
#include "source/upstream/cluster_manager.h"

namespace headgate::admin {
namespace {

using config::JsonWriter;
using upstream::ClusterManager;
using upstream::ClusterState;
using upstream::HostState;
using upstream::HostTotals;

constexpr uint32_t kMaxWeight = 1000;  // as in the configuration

// Envoy's words, and one for what an operator did.
constexpr std::array<std::pair<upstream::HostFlag, std::string_view>, 4> kFlagWords{
    {{upstream::kUnchecked, "pending_active_hc"},
     {upstream::kFailedCheck, "failed_active_hc"},
     {upstream::kEjected, "failed_outlier_check"},
     {upstream::kDrained, "drained"}}};

std::array<std::pair<std::string_view, uint64_t>, 8> counts(const HostState& host) {
  const HostTotals& totals = host.totals;
  return {{{"cx_active", host.cxActive},
           {"cx_connect_fail", totals.cxConnectFail},
           {"cx_total", totals.cxTotal},
           {"rq_active", host.rqActive},
           {"rq_error", totals.rqError},
           {"rq_success", totals.rqSuccess},
           {"rq_timeout", totals.rqTimeout},
           {"rq_total", totals.rqTotal + host.rqActive}}};
}

std::string flagsText(uint8_t flags) {
  std::string text;
  for (const auto& [flag, word] : kFlagWords) {
    if ((flags & flag) != 0) text += fmt::format("/{}", word);
  }
  return text.empty() ? "healthy" : text;
}

// ---- text: a fact a line, as Envoy prints them, then ours

void hostText(std::string& out, const std::string& cluster, const HostState& host) {
  const auto line = [&](std::string_view name, const auto& value) {
    fmt::format_to(std::back_inserter(out), "{}::{}::{}::{}\n", cluster, host.address, name, value);
  };
  for (const auto& [name, count] : counts(host)) line(name, count);
  line("hostname", host.hostname);
  line("health_flags", flagsText(host.flags));
  line("weight", host.weight);
  line("success_rate", host.successRate);
  line("state", host.state);
  line("why", host.why);
  line("since", timeText(host.since));
  line("last_check", host.lastCheck);
  line("effective_weight_percent", host.effectiveWeightPercent);
  for (const double percent : {50.0, 90.0, 99.0})
    line(fmt::format("rq_time_us_p{:.0f}", percent), fmt::format("{:.0f}", host.totals.latencyPercentile(percent)));
  for (const upstream::Transition& transition : host.transitions) {
    line("transition", fmt::format("{} {}: {}", timeText(transition.at), transition.what, transition.why));
  }
}

std::string clustersText(const std::vector<ClusterState>& clusters) {
  std::string out;
  for (const ClusterState& cluster : clusters) {
    const auto line = [&](std::string_view name, const auto& value) {
      fmt::format_to(std::back_inserter(out), "{}::{}::{}\n", cluster.name, name, value);
    };
    line("observability_name", cluster.name);
    for (const upstream::BreakerState& breaker : cluster.breakers) {
      const std::string_view name = breaker.name == "max_pending" ? "max_pending_requests" : breaker.name;
      line(fmt::format("default_priority::{}", name), breaker.max);
    }
    line("added_via_api", false);
    line("lb_policy", cluster.lbPolicy);
    line("panic", cluster.panic);
    for (const upstream::NameState& name : cluster.names) {
      line(fmt::format("dns::{}:{}", name.name, name.port),
           fmt::format("{} addresses{}{}", name.addresses, name.lastError.empty() ? "" : "; ", name.lastError));
    }
    for (const HostState& host : cluster.hosts) hostText(out, cluster.name, host);
  }
  return out;
}

// ---- JSON

void hostJson(JsonWriter& json, const HostState& host) {
  json.beginObject();
  member(json, "address", host.address);
  member(json, "hostname", host.hostname);
  member(json, "state", host.state);
  json.key("health_flags");
  json.beginArray();
  for (const auto& [flag, word] : kFlagWords) {
    if ((host.flags & flag) != 0) json.string(word);
  }
  json.endArray();
  member(json, "why", host.why);
  member(json, "since", timeText(host.since));
  member(json, "last_check", host.lastCheck);
  member(json, "weight", host.weight);
  member(json, "effective_weight_percent", host.effectiveWeightPercent);
  json.key("success_rate");
  host.successRate < 0 ? json.null() : number(json, host.successRate);
  for (const auto& [name, count] : counts(host)) member(json, name, count);
  json.key("rq_time_us");
  json.beginObject();
  for (const double percent : {50.0, 90.0, 99.0})
    member(json, fmt::format("p{:.0f}", percent), host.totals.latencyPercentile(percent));
  json.endObject();
  json.key("transitions");
  json.beginArray();
  for (const upstream::Transition& transition : host.transitions) {
    json.beginObject();
    member(json, "at", timeText(transition.at));
    member(json, "what", transition.what);
    member(json, "why", std::string_view(transition.why));
    json.endObject();
  }
  json.endArray();
  json.endObject();
}

void clusterJson(JsonWriter& json, const ClusterState& cluster) {
  json.beginObject();
  member(json, "name", std::string_view(cluster.name));
  member(json, "lb_policy", cluster.lbPolicy);
  json.key("health_check");
  cluster.healthCheck.empty() ? json.null() : json.string(cluster.healthCheck);
  member(json, "panic", cluster.panic);
  json.key("circuit_breaker");
  json.beginObject();
  for (const upstream::BreakerState& breaker : cluster.breakers) {
    json.key(breaker.name);
    json.beginObject();
    member(json, "max", breaker.max);
    member(json, "current", breaker.current);
    json.endObject();
  }
  json.endObject();
  json.key("names");
  json.beginArray();
  for (const upstream::NameState& name : cluster.names) {
    json.beginObject();
    member(json, "name", fmt::format("{}:{}", name.name, name.port));
    member(json, "addresses", uint64_t{name.addresses});
    member(json, "last_error", name.lastError);
    json.key("last_success");
    name.lastSuccess == 0 ? json.null() : json.string(timeText(name.lastSuccess));
    json.endObject();
  }
  json.endArray();
  member(json, "endpoints_file_mistakes", cluster.endpointsFileMistakes);
  json.key("hosts");
  json.beginArray();
  for (const HostState& host : cluster.hosts) hostJson(json, host);
  json.endArray();
  json.endObject();
}

Answer clustersJson(const std::vector<ClusterState>& clusters) {
  JsonWriter json(JsonWriter::Layout::Pretty);
  json.beginObject();
  json.key("clusters");
  json.beginArray();
  for (const ClusterState& cluster : clusters) clusterJson(json, cluster);
  json.endArray();
  json.endObject();
  return jsonAnswer(200, json);
}

Answer show(const ClusterManager& clusters, const Request& request) {
  const std::string* format = request.query.find("format");
  if (format == nullptr || *format == "text") return textAnswer(clustersText(clusters.state()));
  if (*format == "json") return clustersJson(clusters.state());
  return problem(400, "invalid_query", R"(format: expected one of "text", "json", got )" + config::quotedText(*format));
}

// ---- the verbs

/// The host that the path names, as it is now.
std::optional<HostState> hostNow(const ClusterManager& clusters, const Request& request) {
  for (const ClusterState& cluster : clusters.state()) {
    if (cluster.name != request.captures[0]) continue;
    for (const HostState& host : cluster.hosts) {
      if (host.address == request.captures[1]) return host;
    }
  }
  return std::nullopt;
}

/// Does `work(cluster, host)` and answers with the host; `fact` of it, before and after, is what the audit line adds.
template <typename Work, typename Fact>
void change(const ClusterManager& clusters, const Request& request, const Responder& respond, Work&& work,
            Fact&& fact) {
  const std::optional<HostState> before = hostNow(clusters, request);
  const base::Status done = work(request.captures[0], request.captures[1]);
  const std::optional<HostState> after = hostNow(clusters, request);
  if (!done || !before || !after)
    return respond.send(
        problem(404, "host_not_found",
                fmt::format("there is no host {} in a cluster {}", config::quotedText(request.captures[1]),
                            config::quotedText(request.captures[0]))));
  const std::string was = fact(*before);
  const std::string is = fact(*after);
  respond.note(was == is ? "unchanged" : fmt::format("{} -> {}", was, is));
  JsonWriter json(JsonWriter::Layout::Pretty);
  hostJson(json, *after);
  respond.send(jsonAnswer(200, json));
}

void setDrained(ClusterManager& clusters, bool drained, const Request& request, const Responder& respond) {
  change(
      clusters, request, respond,
      [&](const std::string& cluster, const std::string& host) {
        return drained ? clusters.drain(cluster, host) : clusters.undrain(cluster, host);
      },
      [](const HostState& host) { return std::string(host.state); });
}

void setWeight(ClusterManager& clusters, const Request& request, const Responder& respond) {
  config::Errors errors({}, request.body);
  const auto root = parseBody(request.body, errors, respond);
  if (!root) return;
  config::Object body(*root, errors);
  const uint32_t weight = body.integer32("weight", 1, 1, kMaxWeight);
  if (root->isObject() && !body.has("weight"))
    body.expected("weight", fmt::format("a whole number from 1 to {}", kMaxWeight));
  body.finish();
  if (!errors.empty()) return respond.send(problem(errors));
  change(
      clusters, request, respond,
      [&](const std::string& cluster, const std::string& host) { return clusters.setWeight(cluster, host, weight); },
      [](const HostState& host) { return fmt::format("weight {}", host.weight); });
}

}  // namespace

void addClusters(RouteTable& table, Context& context) {
  ClusterManager& clusters = context.server.clusters();
  table.add({http::Method::Get,
             "/clusters",
             Access::Viewer,
             "every cluster and backend: state, reason, since when, totals",
             {"format"},
             BodyKind::None,
             [&clusters](const Request& request, const Responder& respond) { respond.send(show(clusters, request)); },
             {}});
  table.add(
      {http::Method::Post,
       "/clusters/{cluster}/hosts/{host}/drain",
       Access::Operator,
       "a backend gets no more requests and finishes what it has",
       {},
       BodyKind::None,
       [&clusters](const Request& request, const Responder& respond) { setDrained(clusters, true, request, respond); },
       {}});
  table.add(
      {http::Method::Post,
       "/clusters/{cluster}/hosts/{host}/undrain",
       Access::Operator,
       "a drained backend gets requests again",
       {},
       BodyKind::None,
       [&clusters](const Request& request, const Responder& respond) { setDrained(clusters, false, request, respond); },
       {}});
  table.add({http::Method::Post,
             "/clusters/{cluster}/hosts/{host}/weight",
             Access::Operator,
             "set the share of a backend until its configured weight changes",
             {},
             BodyKind::Json,
             [&clusters](const Request& request, const Responder& respond) { setWeight(clusters, request, respond); },
             {}});
}

}  // namespace headgate::admin
