#include "filters/ip_access/filter.h"

namespace headgate::filters::ip_access {

api::Filter* WorkerIpAccess::create(base::Arena& arena, api::StreamHandle& stream, const api::RouteOptions* options) {
  return arena.make<IpAccessFilter>(*this, options == nullptr ? *options_ : static_cast<const Options&>(*options),
                                    stream);
}

api::FilterStatus IpAccessFilter::onRequestHeaders(http::MessageHead& /*head*/, bool /*end*/) {
  const api::StreamInfo& info = stream_.info();
  const bool allowed = options_.list.allows(options_.peer ? info.peer : info.client);
  worker_.count(allowed);
  if (allowed) return api::FilterStatus::Continue;
  return stream_.reply(403, "ip_denied", "this address may not come here");
}

}  // namespace headgate::filters::ip_access
