#pragma once
// The operations, a file for each resource. Each function adds its routes to the table; `context` and `table` outlive
// the handlers.

#include "admin/context.h"
#include "admin/route_table.h"

namespace headgate::admin {

void addProbes(RouteTable& table, Context& context);      ///< /live, /ready
void addServerInfo(RouteTable& table, Context& context);  ///< /server_info
void addStats(RouteTable& table, Context& context);       ///< /stats
void addHelp(RouteTable& table, Context& context);        ///< /, /help
void addAudit(RouteTable& table, Context& context);       ///< /audit
void addClusters(RouteTable& table, Context& context);    ///< /clusters and the verbs on hosts

void addClients(RouteTable& table, Context& context);  ///< /clients/{client_id}, POST /clients; and the same of /client
void addClientList(RouteTable& table, Context& context);   ///< GET /clients, /clients/export
void addClientBatch(RouteTable& table, Context& context);  ///< /clients/batch
void addLimits(RouteTable& table, Context& context);       ///< /limits, /limits/top
void addOpenapi(RouteTable& table, Context& context);      ///< /openapi.json

}  // namespace headgate::admin
