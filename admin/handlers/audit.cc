#include "admin/handlers/handlers.h"
#include "admin/json.h"

namespace headgate::admin {
namespace {

using config::JsonWriter;

Answer auditAnswer(const AuditLog& audit) {
  JsonWriter json(JsonWriter::Layout::Pretty);
  json.beginObject();
  member(json, "total", audit.total());
  json.key("entries");
  json.beginArray();
  for (const AuditEntry& entry : audit.entries()) {
    json.beginObject();
    member(json, "at", timeText(entry.at));
    member(json, "caller", entry.caller.name);
    member(json, "role", server::adminRoleName(entry.caller.role));
    member(json, "peer", entry.caller.peer);
    member(json, "method", entry.method);
    member(json, "target", entry.target);
    member(json, "status", uint64_t{entry.status});
    member(json, "note", entry.note);
    json.endObject();
  }
  json.endArray();
  json.endObject();
  return jsonAnswer(200, json);
}

}  // namespace

void addAudit(RouteTable& table, Context& context) {
  table.add({http::Method::Get,
             "/audit",
             Access::Viewer,
             "the last hundred changes: who, what, with which outcome",
             {},
             BodyKind::None,
             [&context](const Request&, const Responder& respond) { respond.send(auditAnswer(context.audit)); },
             {}});
}

}  // namespace headgate::admin
