#include "api/filter_factory.h"
#include "filters/headers/config.h"

namespace headgate::filters::headers {
namespace {

const api::FilterRegistration kRegistration({kName, false,
                                             [](config::Object& options) -> std::shared_ptr<const api::FilterFactory> {
                                               return std::make_shared<HeadersFactory>(readOptions(options));
                                             }});

}  // namespace
}  // namespace headgate::filters::headers
