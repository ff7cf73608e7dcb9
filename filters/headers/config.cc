#include "filters/headers/config.h"

#include "filters/headers/filter.h"

namespace headgate::filters::headers {

Options readOptions(config::Object& object) {
  Options options;
  options.request = format::HeaderRules::read(object.child("request"));
  options.response = format::HeaderRules::read(object.child("response"));
  return options;
}

std::unique_ptr<api::WorkerFilter> HeadersFactory::makeWorkerFilter(const api::WorkerContext& /*context*/) const {
  return std::make_unique<WorkerHeaders>(options_);
}

}  // namespace headgate::filters::headers
