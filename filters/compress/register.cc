#include "api/filter_factory.h"
#include "filters/compress/config.h"

namespace headgate::filters::compress {
namespace {

const api::FilterRegistration kRegistration({kName, false,
                                             [](config::Object& options) -> std::shared_ptr<const api::FilterFactory> {
                                               return std::make_shared<CompressFactory>(readOptions(options));
                                             }});

}  // namespace
}  // namespace headgate::filters::compress
