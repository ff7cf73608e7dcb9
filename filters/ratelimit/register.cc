#include "api/filter_factory.h"
#include "filters/ratelimit/config.h"

namespace headgate::filters::ratelimit {
namespace {

const api::FilterRegistration kRegistration({kName, false,
                                             [](config::Object& options) -> std::shared_ptr<const api::FilterFactory> {
                                               return std::make_shared<RateLimitFactory>(readOptions(options));
                                             },
                                             [](config::Object& options) -> std::shared_ptr<const api::RouteOptions> {
                                               return readRouteOptions(options);
                                             }});

}  // namespace
}  // namespace headgate::filters::ratelimit
