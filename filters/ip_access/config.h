#pragma once
// The options of the ip_access filter, for a chain and for one route, and the factory that they make.

#include <memory>
#include <string_view>

#include "api/filter_factory.h"
#include "filters/ip_access/access_list.h"
#include "source/config/object.h"

namespace headgate::filters::ip_access {

inline constexpr std::string_view kName = "ip_access";

/// Of the chain; those of a route take their place as a whole.
struct Options final : api::RouteOptions {
  AccessList list;
  bool peer = false;  ///< the socket's peer is asked about, not the client that trusted proxies name
};

/// Adds mistakes to the object's errors.
[[nodiscard]] std::shared_ptr<const Options> readOptions(config::Object& object);

class IpAccessFactory final : public api::FilterFactory {
 public:
  explicit IpAccessFactory(std::shared_ptr<const Options> options) : options_(std::move(options)) {}
  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext& context) const override;

 private:
  const std::shared_ptr<const Options> options_;
};

}  // namespace headgate::filters::ip_access
