#pragma once
// The configuration of the limiter: `limits` of the config file.

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "source/base/clock.h"
#include "source/config/object.h"
#include "source/limits/client_key.h"
#include "source/limits/limit_spec.h"

namespace headgate::limits {

/// What becomes of a client without a record.
enum class UnknownClients : uint8_t {
  OwnBucket,  ///< a bucket of the default limit for each id
  ByAddress,  ///< the bucket of its address, whatever id it gives
  Refuse,     ///< 401
};
/// The words of `unknown_clients`.
inline constexpr std::array<std::pair<std::string_view, UnknownClients>, 3> kUnknownClientsWords{
    {{"own_bucket", UnknownClients::OwnBucket},
     {"by_address", UnknownClients::ByAddress},
     {"refuse", UnknownClients::Refuse}}};

struct LimitsConfig {
  LimitSpec defaults;  ///< of clients without a record
  KeySources clientKey = defaultKeySources();
  UnknownClients unknownClients = UnknownClients::OwnBucket;
  uint32_t maxTrackedClients = 1'000'000;                       ///< buckets in memory; 1..50000000
  base::Duration checkpointInterval = std::chrono::seconds(5);  ///< 100 ms .. 1 h
};

/// Reads `limits` and finishes it; mistakes go to the object's errors. Main thread.
[[nodiscard]] LimitsConfig readLimitsConfig(config::Object object);

/// What an operator should know of this configuration, to be said at the start; empty: nothing.
[[nodiscard]] std::string_view adviceOn(const LimitsConfig& config);

}  // namespace headgate::limits
