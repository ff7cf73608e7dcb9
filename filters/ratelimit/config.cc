#include "filters/ratelimit/config.h"

#include "filters/ratelimit/filter.h"

namespace headgate::filters::ratelimit {
namespace {

constexpr uint32_t kMaxCost = 1'000'000'000;

std::optional<limits::KeySources> readKey(config::Object& object) {
  if (!object.has("client_key")) return std::nullopt;
  return limits::readKeySources(object, "client_key", limits::defaultKeySources());
}

}  // namespace

Options readOptions(config::Object& object) {
  Options options;
  options.cost = object.integer32("cost", options.cost, 1, kMaxCost);
  options.clientKey = readKey(object);
  options.fields = object.choice<uint8_t>("headers", options.fields,
                                          {{"standard", kStandardFields},
                                           {"legacy", kLegacyFields},
                                           {"both", kStandardFields | kLegacyFields},
                                           {"off", kNoFields}});
  return options;
}

std::shared_ptr<const RouteOptions> readRouteOptions(config::Object& object) {
  auto options = std::make_shared<RouteOptions>();
  if (object.has("cost")) options->cost = object.integer32("cost", 1, 1, kMaxCost);
  options->clientKey = readKey(object);
  return options;
}

std::unique_ptr<api::WorkerFilter> RateLimitFactory::makeWorkerFilter(const api::WorkerContext& context) const {
  return std::make_unique<WorkerRateLimit>(options_, context);
}

}  // namespace headgate::filters::ratelimit
