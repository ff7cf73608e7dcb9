#include <fmt/format.h>

#include "admin/handlers/client_support.h"
#include "admin/handlers/handlers.h"
#include "admin/json.h"
#include "admin/text64.h"

namespace headgate::admin {
namespace {

using config::JsonWriter;

constexpr size_t kDefaultPage = 100;
constexpr size_t kMaxPage = 1000;

// A place in the order of ids. Opaque to callers, so that it may become something else.
std::optional<std::string> cursorOf(const Request& request, const Responder& respond) {
  const std::string* text = request.query.find("cursor");
  if (text == nullptr || text->empty()) return std::string();
  auto after = decode64(*text);
  if (!after || after->size() > limits::kMaxIdBytes) {
    respond.send(problem(400, "invalid_query",
                         "cursor: expected the next_cursor of an earlier answer, got " + config::quotedText(*text)));
    return std::nullopt;
  }
  return after;
}

std::string prefixOf(const Request& request) {
  const std::string* prefix = request.query.find("prefix");
  return prefix != nullptr ? *prefix : std::string();
}

void list(Context& context, const Dialect& dialect, const Request& request, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry& registry, limits::BucketTable&) {
    const auto limit = numberOfQuery(request, "limit", kDefaultPage, 1, kMaxPage, respond);
    if (!limit) return;
    const auto after = cursorOf(request, respond);
    if (!after) return;
    // One more than asked for tells whether there are more.
    std::vector<const limits::Client*> page = registry.list(prefixOf(request), *after, *limit + 1);
    const bool more = page.size() > *limit;
    if (more) page.pop_back();
    JsonWriter json(JsonWriter::Layout::Compact);
    json.beginObject();
    json.key("clients");
    json.beginArray();
    for (const limits::Client* client : page) {
      json.beginObject();
      writeRecord(json, dialect, *client);
      json.endObject();
    }
    json.endArray();
    json.key("next_cursor");
    more ? json.string(encode64(page.back()->id)) : json.null();
    json.endObject();
    respond.send(jsonAnswer(200, json));
  });
}

// Page by page while it is being sent: clients that change meanwhile come as they are then; none comes twice.
Responder::Producer lines(Context& context, const Dialect& dialect, std::string prefix) {
  constexpr size_t kPage = 256;
  return [&context, &dialect, prefix = std::move(prefix), after = std::string()](std::string& out) mutable {
    while (out.size() < Responder::kPiece) {
      const auto page = context.server.clients()->list(prefix, after, kPage);
      for (const limits::Client* client : page) {
        JsonWriter json(JsonWriter::Layout::Compact);
        writeDefinition(json, dialect, *client);
        out += json.text();
      }
      if (page.size() < kPage) return false;
      after = page.back()->id;
    }
    return true;
  };
}

void exportAll(Context& context, const Dialect& dialect, const Request& request, const Responder& respond) {
  withClients(context, respond, [&](limits::ClientRegistry&, limits::BucketTable&) {
    respond.stream({200, kNdjson, {}, {}}, lines(context, dialect, prefixOf(request)));
  });
}

void add(RouteTable& table, Context& context, const Dialect& dialect) {
  table.add({http::Method::Get,
             std::string(dialect.path),
             Access::Viewer,
             "the clients that have a record, in the order of their ids",
             {"prefix", "limit", "cursor"},
             BodyKind::None,
             [&](const Request& request, const Responder& respond) { list(context, dialect, request, respond); },
             {}});
  table.add({http::Method::Get,
             fmt::format("{}/export", dialect.path),
             Access::Viewer,
             "all clients, one JSON object a line, as /batch takes them",
             {"prefix"},
             BodyKind::None,
             [&](const Request& request, const Responder& respond) { exportAll(context, dialect, request, respond); },
             {}});
}

}  // namespace

void addClientList(RouteTable& table, Context& context) {
  add(table, context, kClients);
  add(table, context, kOlder);
}

}  // namespace headgate::admin
