#pragma once
// What the operations of the admin listener may reach.

#include "admin/audit_log.h"
#include "admin/route_table.h"
#include "source/server/server.h"

namespace headgate::admin {

/// Main thread; outlives the route table's handlers. Nothing in it may be asked for what a worker would have to wait
/// for.
struct Context {
  server::Server& server;
  AuditLog& audit;
};

/// Fills the table with every operation that there is: one line for each file in handlers/.
void addAllRoutes(RouteTable& table, Context& context);

}  // namespace headgate::admin
