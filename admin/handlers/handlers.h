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

}  // namespace headgate::admin
