#include "test/example/require_header/filter.h"

namespace headgate::filters::require_header {
namespace {

class RequireHeaderFactory final : public api::FilterFactory {
 public:
  explicit RequireHeaderFactory(Options options) : options_(std::make_shared<const Options>(std::move(options))) {}
  [[nodiscard]] std::string_view name() const override { return "require_header"; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext& context) const override {
    return std::make_unique<WorkerRequireHeader>(options_, context.stats);
  }

 private:
  const std::shared_ptr<const Options> options_;
};

const api::FilterRegistration kRegistration({"require_header", false,
                                             [](config::Object& options) -> std::shared_ptr<const api::FilterFactory> {
                                               return std::make_shared<RequireHeaderFactory>(readOptions(options));
                                             }});

}  // namespace
}  // namespace headgate::filters::require_header
