#pragma once
// Requests for tests of routing, and routes as the config file has them.

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "source/config/loader.h"
#include "source/http/message.h"
#include "source/routing/route_config.h"
#include "source/routing/route_table.h"

namespace headgate::routing {

/// A request head with the arena that it lives in.
class TestRequest {
 public:
  explicit TestRequest(std::string_view path = "/", std::string_view authority = "a.example",
                       std::string_view method = "GET") {
    head.scheme = "http";
    head.authority = arena_.copy(authority);
    head.path = arena_.copy(path);
    head.methodText = arena_.copy(method);
    head.method = http::parseMethod(method);
  }
  TestRequest& header(std::string_view name, std::string_view value) {
    head.headers.addCopy(name, value);
    return *this;
  }

 private:
  base::ChunkPool chunks_;
  base::Arena arena_{chunks_};

 public:
  http::MessageHead head{arena_};
};

struct Reading {
  RouteConfig route;
  std::string mistakes;
};

/// An element of `routes`.
inline Reading readRoute(const std::string& text) {
  config::Document document = config::loadText("t", text, {});
  Reading reading;
  if (document.root) {
    config::Object object(*document.root, document.errors);
    reading.route = readRouteConfig(object);
  }
  reading.mistakes = document.errors.text();
  return reading;
}

/// Routes to clusters that are named by their places: "0", "1", ...
inline std::vector<RouteConfig> readRoutes(const std::vector<std::string>& matches) {
  std::vector<RouteConfig> routes;
  for (const std::string& match : matches) {
    Reading reading = readRoute(R"({"cluster": ")" + std::to_string(routes.size()) + R"(", "match": )" + match + "}");
    EXPECT_EQ(reading.mistakes, "") << match;
    routes.push_back(std::move(reading.route));
  }
  return routes;
}

inline RouteTable makeTable(const std::vector<std::string>& matches) {
  std::vector<Route> routes;
  for (RouteConfig& config : readRoutes(matches)) routes.emplace_back(std::move(config));
  return RouteTable(std::move(routes));
}

/// The place of the route that takes the request; -1: none.
inline int placeOf(const RouteTable& table, const TestRequest& request) {
  const Route* route = table.match(request.head);
  return route == nullptr ? -1 : std::stoi(route->config.cluster);
}

}  // namespace headgate::routing
