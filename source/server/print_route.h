#pragma once
// A route as it stands in a config file.

#include "source/routing/route_config.h"
#include "source/server/config_printer.h"

namespace headgate::server {

/// Writes an element of `routes` with every default written out. What may hold secrets prints as it was given.
void printRoute(Printer& out, const routing::RouteConfig& route);

}  // namespace headgate::server
