#include <fmt/format.h>

#include "admin/handlers/handlers.h"
#include "admin/json.h"

namespace headgate::admin {
namespace {

using server::Server;

Answer status(std::string_view word) {
  config::JsonWriter json(config::JsonWriter::Layout::Compact);
  json.beginObject();
  json.key("status");
  json.string(word);
  json.endObject();
  return jsonAnswer(200, json);
}

Answer degraded(const limits::StoreStatus& store) {
  config::JsonWriter json(config::JsonWriter::Layout::Compact);
  json.beginObject();
  member(json, "status", "degraded");
  member(json, "message",
         fmt::format("the {} store is out of reach; limits go on from what is known, changes are refused", store.kind));
  json.endObject();
  return jsonAnswer(200, json);
}

Answer ready(Server& server) {
  switch (server.state()) {
    case Server::State::Starting: return problem(503, "starting", "the listeners are not open yet");
    case Server::State::Draining:
      return problem(503, "draining", "shutting down: requests in flight are being finished");
    case Server::State::Live: break;
  }
  // Without its store it goes on by what it knows, and must stay in the pool.
  const limits::StoreStatus store = server.clients()->status();
  return store.degraded ? degraded(store) : status("ready");
}

}  // namespace

void addProbes(RouteTable& table, Context& context) {
  table.add({http::Method::Get,
             "/live",
             Access::Public,
             "200 while the process answers",
             {},
             BodyKind::None,
             [](const Request&, const Responder& respond) { respond.send(status("live")); },
             {}});
  table.add({http::Method::Get,
             "/ready",
             Access::Public,
             "200 when requests are taken; 503 while starting and while draining",
             {},
             BodyKind::None,
             [&context](const Request&, const Responder& respond) { respond.send(ready(context.server)); },
             {}});
}

}  // namespace headgate::admin
