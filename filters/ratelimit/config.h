#pragma once
// The options of the ratelimit filter, of a listener and of a route.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "api/filter_factory.h"
#include "source/config/object.h"
#include "source/limits/client_key.h"

namespace headgate::filters::ratelimit {

inline constexpr std::string_view kName = "ratelimit";

/// Which fields tell the client of its limit. A set of bits.
enum HeaderFields : uint8_t {
  kNoFields = 0,
  kStandardFields = 1,  ///< RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers)
  kLegacyFields = 2,    ///< X-RateLimit-Limit, -Remaining and -Reset
};

/// `listeners[].filters[]`
struct Options {
  uint32_t cost = 1;                            ///< tokens a request, 1..1e9
  std::optional<limits::KeySources> clientKey;  ///< nothing: that of `limits`
  uint8_t fields = kStandardFields;
};

/// `routes[].filters.ratelimit`: what is set there goes before the filter's own.
struct RouteOptions final : api::RouteOptions {
  std::optional<uint32_t> cost;
  std::optional<limits::KeySources> clientKey;
};

/// Both add mistakes to the object's errors.
[[nodiscard]] Options readOptions(config::Object& object);
[[nodiscard]] std::shared_ptr<const RouteOptions> readRouteOptions(config::Object& object);

/// Main thread, then shared and immutable.
class RateLimitFactory final : public api::FilterFactory {
 public:
  explicit RateLimitFactory(Options options) : options_(std::move(options)) {}

  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext& context) const override;

 private:
  const Options options_;
};

}  // namespace headgate::filters::ratelimit
