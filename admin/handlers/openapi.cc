#include "admin/handlers/handlers.h"
#include "admin/openapi_document.h"

namespace headgate::admin {

void addOpenapi(RouteTable& table, Context& /*context*/) {
  table.add({http::Method::Get,
             "/openapi.json",
             Access::Viewer,
             "this document, as JSON",
             {},
             BodyKind::None,
             [](const Request&, const Responder& respond) {
               respond.send({200, kJson, std::string(openapiDocument()), {}});
             },
             {}});
}

}  // namespace headgate::admin
