#include <fmt/format.h>

#include <array>

#include "admin/handlers/client_support.h"
#include "admin/handlers/handlers.h"
#include "admin/json.h"
#include "source/limits/limits_config.h"

namespace headgate::admin {
namespace {

using config::JsonWriter;
using limits::TopBy;

constexpr size_t kDefaultTop = 20;
constexpr size_t kMaxTop = 1000;
constexpr std::array<std::pair<std::string_view, TopBy>, 3> kOrders{
    {{"denied", TopBy::Denied}, {"allowed", TopBy::Allowed}, {"near_limit", TopBy::NearLimit}}};

void writeKeyRules(JsonWriter& json, const limits::LimitsConfig& config) {
  json.key("client_key");
  json.beginArray();
  for (const limits::KeySource& source : config.clientKey) {
    if (source.header.empty()) {
      json.string("remote_address");
    } else {
      json.beginObject();
      member(json, "header", source.header);
      json.endObject();
    }
  }
  json.endArray();
  for (const auto& [word, unknown] : limits::kUnknownClientsWords) {
    if (unknown == config.unknownClients) member(json, "unknown_clients", word);
  }
}

void writeTable(JsonWriter& json, const limits::TableFacts& facts) {
  json.key("table");
  json.beginObject();
  member(json, "tracked", uint64_t{facts.tracked});
  member(json, "records", uint64_t{facts.records});
  member(json, "max_tracked", uint64_t{facts.maxTracked});
  member(json, "dropped_total", facts.dropped);
  member(json, "overflowed_total", facts.overflowed);
  json.endObject();
}

void writeStore(JsonWriter& json, const limits::StoreStatus& status) {
  json.key("store");
  json.beginObject();
  member(json, "kind", status.kind);
  member(json, "connected", status.connected);
  member(json, "degraded", status.degraded);
  member(json, "seconds_since_contact", std::chrono::duration<double>(status.sinceContact).count());
  member(json, "last_error", status.lastError);
  member(json, "revision", status.revision);
  member(json, "node", status.node);
  json.endObject();
}

void facts(Context& context, const Request& /*request*/, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry& registry, limits::BucketTable& buckets) {
    JsonWriter json(JsonWriter::Layout::Pretty);
    json.beginObject();
    json.key("default");
    json.beginObject();
    member(json, "capacity", buckets.defaults().capacity);
    member(json, "rate_per_sec", buckets.defaults().ratePerSec);
    json.endObject();
    writeKeyRules(json, context.server.snapshot()->config.limits);
    member(json, "clients", uint64_t{registry.size()});
    writeTable(json, buckets.facts());
    writeStore(json, registry.status());
    json.endObject();
    respond.send(jsonAnswer(200, json));
  });
}

std::optional<std::pair<std::string_view, TopBy>> orderOf(const Request& request, const Responder& respond) {
  const std::string* by = request.query.find("by");
  if (by == nullptr) return kOrders.front();
  for (const auto& order : kOrders) {
    if (order.first == *by) return order;
  }
  respond.send(problem(400, "invalid_query",
                       R"(by: expected one of "denied", "allowed", "near_limit", got )" + config::quotedText(*by)));
  return std::nullopt;
}

void top(Context& context, const Request& request, const Responder& respond) {
  const auto order = orderOf(request, respond);
  if (!order) return;
  const auto count = numberOfQuery(request, "n", kDefaultTop, 1, kMaxTop, respond);
  if (!count) return;
  withClients(context, respond, [&](limits::ClientRegistry&, limits::BucketTable& buckets) {
    JsonWriter json(JsonWriter::Layout::Compact);
    json.beginObject();
    member(json, "by", order->first);
    json.key("clients");
    json.beginArray();
    for (const limits::TopEntry& entry : buckets.top(order->second, *count)) {
      json.beginObject();
      member(json, "client_id", entry.id);
      member(json, "capacity", entry.bucket.limit.capacity);
      member(json, "rate_per_sec", entry.bucket.limit.ratePerSec);
      member(json, "mode", limits::modeName(entry.bucket.mode));
      member(json, "source", entry.bucket.hasRecord ? "store" : "default");
      writeBucket(json, entry.bucket);
      json.endObject();
    }
    json.endArray();
    json.endObject();
    respond.send(jsonAnswer(200, json));
  });
}

}  // namespace

void addLimits(RouteTable& table, Context& context) {
  table.add({http::Method::Get,
             "/limits",
             Access::Viewer,
             "the default limit, how a request finds its client, the table and the store",
             {},
             BodyKind::None,
             [&context](const Request& request, const Responder& respond) { facts(context, request, respond); },
             {}});
  table.add({http::Method::Get,
             "/limits/top",
             Access::Viewer,
             "who is refused most, admitted most, or nearest to the limit",
             {"by", "n"},
             BodyKind::None,
             [&context](const Request& request, const Responder& respond) { top(context, request, respond); },
             {}});
}

}  // namespace headgate::admin
