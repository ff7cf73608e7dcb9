#pragma once
// The options of the cors filter, for a chain and for one route, and the factory that they make.

#include <memory>
#include <string>
#include <string_view>

#include "api/filter_factory.h"
#include "filters/cors/origins.h"
#include "source/config/object.h"

namespace headgate::filters::cors {

inline constexpr std::string_view kName = "cors";

/// Of the chain; those of a route take their place as a whole. Header values are made once, here.
struct Options final : api::RouteOptions {
  Origins origins;
  std::string methods;  ///< of Access-Control-Allow-Methods; "*": those that are asked for
  std::string headers;  ///< of Access-Control-Allow-Headers; "*": those that are asked for; empty: none
  std::string exposed;  ///< of Access-Control-Expose-Headers; empty: none
  std::string maxAge;   ///< seconds; empty: the browser's own
  bool credentials = false;
};

/// Adds mistakes to the object's errors.
[[nodiscard]] std::shared_ptr<const Options> readOptions(config::Object& object);

class CorsFactory final : public api::FilterFactory {
 public:
  explicit CorsFactory(std::shared_ptr<const Options> options) : options_(std::move(options)) {}
  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext& context) const override;

 private:
  const std::shared_ptr<const Options> options_;
};

}  // namespace headgate::filters::cors
