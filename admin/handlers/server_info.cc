#include <unistd.h>

#include "admin/handlers/handlers.h"
#include "admin/json.h"
#include "source/server/options.h"

namespace headgate::admin {
namespace {

using config::JsonWriter;
using server::Server;

std::string_view stateWord(Server::State state) {
  switch (state) {
    case Server::State::Starting: return "INITIALIZING";
    case Server::State::Live: return "LIVE";
    case Server::State::Draining: return "DRAINING";
  }
  return {};
}

void writeListeners(JsonWriter& json, const Server& server) {
  json.key("listeners");
  json.beginArray();
  const server::Snapshot* snapshot = server.state() == Server::State::Starting ? nullptr : server.snapshot();
  for (size_t i = 0; snapshot != nullptr && i < snapshot->config.listeners.size(); ++i) {
    json.beginObject();
    member(json, "name", snapshot->config.listeners[i].name);
    member(json, "address", server.boundAddress(i).text());
    member(json, "connections", uint64_t{server.connections(i)});
    json.endObject();
  }
  json.endArray();
}

Answer serverInfo(Server& server, base::MonotonicTime startedAt, base::WallTime startedWall) {
  JsonWriter json(JsonWriter::Layout::Pretty);
  const server::Snapshot* snapshot = server.snapshot();
  json.beginObject();
  member(json, "version", server::versionLine().substr(server::versionLine().find(' ') + 1));
  member(json, "state", stateWord(server.state()));
  member(json, "started_at", timeText(startedWall));
  member(json, "uptime_seconds", static_cast<uint64_t>((server.loop().now() - startedAt) / 1'000'000'000));
  member(json, "pid", static_cast<uint64_t>(::getpid()));
  member(json, "node", snapshot != nullptr ? snapshot->config.node : std::string());
  member(json, "workers", uint64_t{server.workers()});
  member(json, "config_version", snapshot != nullptr ? snapshot->version : uint64_t{0});
  writeListeners(json, server);
  json.endObject();
  return jsonAnswer(200, json);
}

}  // namespace

void addServerInfo(RouteTable& table, Context& context) {
  const base::MonotonicTime startedAt = context.server.loop().preciseNow();
  const base::WallTime startedWall = base::RealClock().wall();
  table.add({http::Method::Get,
             "/server_info",
             Access::Viewer,
             "version, state, uptime, listeners",
             {},
             BodyKind::None,
             [&context, startedAt, startedWall](const Request&, const Responder& respond) {
               respond.send(serverInfo(context.server, startedAt, startedWall));
             },
             {}});
}

}  // namespace headgate::admin
