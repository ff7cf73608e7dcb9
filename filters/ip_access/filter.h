#pragma once
// Refuses requests by the address that they come from.

#include <memory>

#include "api/filter.h"
#include "filters/ip_access/config.h"
#include "source/stats/counter.h"
#include "source/stats/shard.h"

namespace headgate::filters::ip_access {

/// Counts "ip_access.allowed" and "ip_access.denied". Worker thread.
class WorkerIpAccess final : public api::WorkerFilter {
 public:
  WorkerIpAccess(std::shared_ptr<const Options> options, stats::Shard& stats)
      : options_(std::move(options)),
        allowed_(stats.counter("ip_access.allowed")),
        denied_(stats.counter("ip_access.denied")) {}
  [[nodiscard]] api::Filter* create(base::Arena& arena, api::StreamHandle& stream,
                                    const api::RouteOptions* options) override;
  void count(bool allowed) { (allowed ? allowed_ : denied_).inc(); }

 private:
  const std::shared_ptr<const Options> options_;
  stats::Counter allowed_;
  stats::Counter denied_;
};

class IpAccessFilter final : public api::Filter {
 public:
  IpAccessFilter(WorkerIpAccess& worker, const Options& options, api::StreamHandle& stream)
      : worker_(worker), options_(options), stream_(stream) {}
  api::FilterStatus onRequestHeaders(http::MessageHead& head, bool end) override;

 private:
  WorkerIpAccess& worker_;
  const Options& options_;
  api::StreamHandle& stream_;
};

}  // namespace headgate::filters::ip_access
