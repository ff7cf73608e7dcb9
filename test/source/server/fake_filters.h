#pragma once
// The filters of the default chain, for tests of the configuration that do not link the real ones.

#include <memory>
#include <string_view>

#include "api/filter_factory.h"
#include "source/config/object.h"

namespace headgate::server {

class FakeFactory final : public api::FilterFactory {
 public:
  explicit FakeFactory(std::string_view name) : name_(name) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(
      const api::WorkerContext& /*context*/) const override {
    return nullptr;
  }

 private:
  std::string_view name_;
};

/// Registers `access_log` (options path, format, buffer), `ratelimit` and `router`, each unless a filter of that name
/// is linked. Any number of times.
inline void registerFakeFilters() {
  if (api::findFilter("access_log") == nullptr) {
    const api::FilterRegistration accessLog(
        {"access_log", false, [](config::Object& options) -> std::shared_ptr<const api::FilterFactory> {
           (void)options.string("path", "/dev/stdout");
           (void)options.choice<int>("format", 0, {{"default", 0}, {"json", 1}});
           (void)options.integer("buffer", 1, 1, 100);
           return std::make_shared<FakeFactory>("access_log");
         }});
  }
  if (api::findFilter("ratelimit") == nullptr) {
    const api::FilterRegistration rateLimit(
        {"ratelimit", false, [](config::Object&) -> std::shared_ptr<const api::FilterFactory> {
           return std::make_shared<FakeFactory>("ratelimit");
         }});
  }
  if (api::findFilter("router") == nullptr) {
    const api::FilterRegistration router(
        {"router", true, [](config::Object&) -> std::shared_ptr<const api::FilterFactory> {
           return std::make_shared<FakeFactory>("router");
         }});
  }
}

}  // namespace headgate::server
