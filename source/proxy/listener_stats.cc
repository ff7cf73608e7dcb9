#include "source/proxy/listener_stats.h"

#include <fmt/format.h>

#include <string_view>

namespace headgate::proxy {
namespace {

class Named {
 public:
  Named(stats::Shard& shard, const std::string& listener) : shard_(shard), listener_(listener) {}
  stats::Counter operator()(std::string_view name) const {
    return shard_.counter(fmt::format("http.{}.downstream_{}", listener_, name));
  }

 private:
  stats::Shard& shard_;
  const std::string& listener_;
};

}  // namespace

ListenerStats::ListenerStats(stats::Shard& shard, const std::string& listener)
    : cxTotal(Named(shard, listener)("cx_total")),
      cxOverflow(Named(shard, listener)("cx_overflow")),
      cxAcceptError(Named(shard, listener)("cx_accept_error")),
      cxIdleTimeout(Named(shard, listener)("cx_idle_timeout")),
      cxWriteTimeout(Named(shard, listener)("cx_write_timeout")),
      cxPipelineFull(Named(shard, listener)("cx_pipeline_full")),
      rqTotal(Named(shard, listener)("rq_total")),
      rqInvalid(Named(shard, listener)("rq_invalid")),
      rqReset(Named(shard, listener)("rq_rx_reset")),
      upgradeTotal(Named(shard, listener)("cx_upgrades_total")),
      rqTimeout(Named(shard, listener)("rq_timeout")),
      rqHeaderTimeout(Named(shard, listener)("rq_header_timeout")),
      rqBodyTimeout(Named(shard, listener)("rq_body_timeout")),
      rqByClass{Named(shard, listener)("rq_no_response"), Named(shard, listener)("rq_1xx"),
                Named(shard, listener)("rq_2xx"),         Named(shard, listener)("rq_3xx"),
                Named(shard, listener)("rq_4xx"),         Named(shard, listener)("rq_5xx")} {}

}  // namespace headgate::proxy
