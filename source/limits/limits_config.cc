#include "source/limits/limits_config.h"

#include <algorithm>

namespace headgate::limits {
namespace {

constexpr uint32_t kMaxTrackedClients = 50'000'000;

/// `rate_per_sec`, or `"rate": {"tokens": 1, "interval": "1s"}`.
double readRate(config::Object& object, double fallback) {
  if (!object.has("rate")) return object.number("rate_per_sec", fallback, 0, LimitSpec::kMaxRate);
  if (object.has("rate_per_sec")) object.error("rate", "expected either \"rate\" or \"rate_per_sec\", got both");
  config::Object rate = object.child("rate");
  const double tokens = rate.number("tokens", 1, 0, LimitSpec::kMaxRate);
  const base::Duration interval =
      rate.duration("interval", std::chrono::seconds(1), std::chrono::milliseconds(1), config::kMaxDuration);
  rate.finish();
  return tokens * 1e9 / static_cast<double>(interval.count());
}

LimitSpec readLimit(config::Object object) {
  LimitSpec limit;
  limit.capacity = object.number("capacity", limit.capacity, 1, LimitSpec::kMaxCapacity);
  const char* rateKey = object.has("rate") ? "rate" : "rate_per_sec";
  limit.ratePerSec = readRate(object, limit.ratePerSec);
  // What each may be alone is checked above; this is about the two together, and a rate that is over the maximum only
  // when computed.
  if (const auto problem = problemOf(limit)) {
    object.error(problem->field == "capacity" ? "capacity" : rateKey, problem->message);
    limit = LimitSpec();
  }
  object.finish();
  return limit;
}

}  // namespace

LimitsConfig readLimitsConfig(config::Object object) {
  LimitsConfig config;
  config.defaults = readLimit(object.child("default"));
  config.clientKey = readKeySources(object, "client_key", config.clientKey);
  config.unknownClients = object.choice<UnknownClients>("unknown_clients", config.unknownClients, kUnknownClientsWords);
  config.maxTrackedClients = object.integer32("max_tracked_clients", config.maxTrackedClients, 1, kMaxTrackedClients);
  config.checkpointInterval = object.duration("checkpoint_interval", config.checkpointInterval,
                                              std::chrono::milliseconds(100), std::chrono::hours(1));
  object.finish();
  return config;
}

std::string_view adviceOn(const LimitsConfig& config) {
  const bool byHeader = std::any_of(config.clientKey.begin(), config.clientKey.end(),
                                    [](const KeySource& source) { return !source.isAddress(); });
  if (!byHeader || config.unknownClients != UnknownClients::OwnBucket) return {};
  return "every client id that comes has a bucket of its own (limits.unknown_clients is \"own_bucket\"): who may "
         "choose ids freely has no limit. "
         "Behind something that checks ids this is fine; otherwise set it to \"by_address\" or \"refuse\"";
}

}  // namespace headgate::limits
