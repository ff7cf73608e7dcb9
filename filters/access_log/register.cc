#include "api/filter_factory.h"
#include "filters/access_log/config.h"

namespace headgate::filters::access_log {
namespace {

const api::FilterRegistration kRegistration({kName, false,
                                             [](config::Object& options) -> std::shared_ptr<const api::FilterFactory> {
                                               return std::make_shared<AccessLogFactory>(readOptions(options));
                                             }});

}  // namespace
}  // namespace headgate::filters::access_log
