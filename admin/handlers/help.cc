#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "admin/handlers/handlers.h"

namespace headgate::admin {
namespace {

std::string pattern(const Route& route) {
  std::string text = route.path;
  for (const std::string& name : route.query) text += (text.find('?') == std::string::npos ? "?" : "&") + name + "=";
  return text;
}

std::string helpText(const RouteTable& table) {
  size_t width = 0;
  for (const auto& route : table.routes()) width = std::max(width, pattern(*route).size());
  std::string out;
  for (const auto& route : table.routes()) {
    fmt::format_to(std::back_inserter(out), "{:6} {:{}}  {:8}  {}\n", http::text(route->method), pattern(*route), width,
                   accessName(route->access), route->help);
  }
  return out;
}

}  // namespace

void addHelp(RouteTable& table, Context& /*context*/) {
  const Handler help = [&table](const Request&, const Responder& respond) {
    respond.send(textAnswer(helpText(table)));
  };
  table.add({http::Method::Get, "/", Access::Viewer, "this list", {}, BodyKind::None, help, {}});
  table.add({http::Method::Get,
             "/help",
             Access::Viewer,
             "this list: method, path, who may, what it does",
             {},
             BodyKind::None,
             help,
             {}});
}

}  // namespace headgate::admin
