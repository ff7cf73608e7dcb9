#include "admin/handlers/handlers.h"

namespace headgate::admin {

void addAllRoutes(RouteTable& table, Context& context) {
  addHelp(table, context);
  addProbes(table, context);
  addServerInfo(table, context);
  addStats(table, context);
  addAudit(table, context);
  addClusters(table, context);
  addClients(table, context);
  addClientList(table, context);
  addClientBatch(table, context);
  addLimits(table, context);
  addOpenapi(table, context);
}

}  // namespace headgate::admin
