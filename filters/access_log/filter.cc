#include "filters/access_log/filter.h"

namespace headgate::filters::access_log {

api::Filter* WorkerAccessLog::create(base::Arena& arena, api::StreamHandle& /*stream*/,
                                     const api::RouteOptions* /*options*/) {
  return arena.make<AccessLogFilter>(*this);
}

}  // namespace headgate::filters::access_log
