#pragma once
// What a route says to the filters of its listener: `routes[].filters` of the config file.

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "api/filter_factory.h"
#include "source/config/object.h"
#include "source/routing/route_config.h"

namespace headgate::proxy {

/// Reads `filters` of a route: by the name of a filter of the chain either "off", which leaves it out of the route's
/// chain, or an object of options that the filter's type reads. What it says holds for every filter of that name.
/// Mistakes go to the object's errors; the result is to be used only if there are none. Main thread.
void readRouteFilters(config::Object& object, std::span<const std::shared_ptr<const api::FilterFactory>> chain,
                      routing::RouteConfig& route);

/// For messages: that no filter has this name, with the one that was meant or all that there are.
[[nodiscard]] std::string unknownFilter(std::string_view name);

}  // namespace headgate::proxy
