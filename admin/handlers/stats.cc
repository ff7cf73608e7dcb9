#include <fmt/format.h>

#include <iterator>

#include "admin/handlers/handlers.h"

namespace headgate::admin {
namespace {

std::string statsText(const stats::Registry& registry) {
  std::string out;
  const auto line = [&out](std::string_view name, auto value) {
    fmt::format_to(std::back_inserter(out), "{}: {}\n", name, value);
  };
  registry.forEachCounter(line);
  registry.forEachGauge(line);
  registry.forEachHistogram([&](std::string_view name, const stats::HistogramSnapshot& values) {
    if (values.count() == 0) return line(name, "No recorded values");
    line(name, fmt::format("P50({:.3g}) P90({:.3g}) P95({:.3g}) P99({:.3g}) P99.9({:.3g}) P100({})",
                           values.percentile(50), values.percentile(90), values.percentile(95), values.percentile(99),
                           values.percentile(99.9), values.max()));
  });
  return out;
}

}  // namespace

void addStats(RouteTable& table, Context& context) {
  table.add({http::Method::Get,
             "/stats",
             Access::Viewer,
             "counters, gauges and histograms, one a line",
             {},
             BodyKind::None,
             [&context](const Request&, const Responder& respond) {
               respond.send(textAnswer(statsText(context.server.stats())));
             },
             {}});
}

}  // namespace headgate::admin
