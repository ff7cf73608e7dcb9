#include "test/example/require_header/filter.h"

#include <algorithm>

#include "source/base/strings.h"

namespace headgate::filters::require_header {

Options readOptions(config::Object& object) {
  Options options{object.requiredString("header", "the name of a header")};
  std::transform(options.header.begin(), options.header.end(), options.header.begin(), base::lower);
  return options;
}

api::Filter* WorkerRequireHeader::create(base::Arena& arena, api::StreamHandle& stream,
                                         const api::RouteOptions* /*options*/) {
  return arena.make<RequireHeaderFilter>(*this, stream);
}

api::FilterStatus RequireHeaderFilter::onRequestHeaders(http::MessageHead& head, bool /*end*/) {
  if (head.headers.find(worker_.options().header) != nullptr) return api::FilterStatus::Continue;
  worker_.countRefusal();
  return stream_.reply(401, "header_missing", "a header is missing");
}

}  // namespace headgate::filters::require_header
