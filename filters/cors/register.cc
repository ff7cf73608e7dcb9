#include "api/filter_factory.h"
#include "filters/cors/config.h"

namespace headgate::filters::cors {
namespace {

const api::FilterRegistration kRegistration({kName, false,
                                             [](config::Object& options) -> std::shared_ptr<const api::FilterFactory> {
                                               return std::make_shared<CorsFactory>(readOptions(options));
                                             },
                                             [](config::Object& options) -> std::shared_ptr<const api::RouteOptions> {
                                               return readOptions(options);
                                             }});

}  // namespace
}  // namespace headgate::filters::cors
