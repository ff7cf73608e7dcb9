#pragma once
// The options of the headers filter, and the factory that they make.

#include <memory>
#include <string_view>

#include "api/filter_factory.h"
#include "source/config/object.h"
#include "source/format/header_rules.h"

namespace headgate::filters::headers {

inline constexpr std::string_view kName = "headers";

struct Options {
  format::HeaderRules request;   ///< of what goes to the backend
  format::HeaderRules response;  ///< of what goes to the client, answers of the proxy itself included
};

/// Adds mistakes to the object's errors.
[[nodiscard]] Options readOptions(config::Object& object);

class HeadersFactory final : public api::FilterFactory {
 public:
  explicit HeadersFactory(Options options) : options_(std::make_shared<const Options>(std::move(options))) {}
  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext& context) const override;

 private:
  const std::shared_ptr<const Options> options_;
};

}  // namespace headgate::filters::headers
