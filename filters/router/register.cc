#include "api/filter_factory.h"
#include "filters/router/router.h"
#include "source/config/object.h"

namespace headgate::filters::router {
namespace {

class RouterFactory final : public api::FilterFactory {
 public:
  [[nodiscard]] std::string_view name() const override { return "router"; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext& context) const override {
    return std::make_unique<WorkerRouter>(context);
  }
};

// The router has no options of its own: routes and clusters say it all.
std::shared_ptr<const api::FilterFactory> read(config::Object& /*options*/) { return std::make_shared<RouterFactory>(); }

const api::FilterRegistration kRegistration({.name = "router", .terminal = true, .read = read});

}  // namespace
}  // namespace headgate::filters::router
