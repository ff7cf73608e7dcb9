#include "api/filter_factory.h"
#include "filters/ip_access/config.h"

namespace headgate::filters::ip_access {
namespace {

const api::FilterRegistration kRegistration({kName, false,
                                             [](config::Object& options) -> std::shared_ptr<const api::FilterFactory> {
                                               return std::make_shared<IpAccessFactory>(readOptions(options));
                                             },
                                             [](config::Object& options) -> std::shared_ptr<const api::RouteOptions> {
                                               return readOptions(options);
                                             }});

}  // namespace
}  // namespace headgate::filters::ip_access
