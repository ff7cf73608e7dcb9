#pragma once
// The filters of one stream: requests pass them in order, responses in reverse.

#include <memory>
#include <span>

#include "api/filter.h"
#include "api/filter_factory.h"
#include "source/proxy/filter_pass.h"

namespace headgate::proxy {

/// The filters of one stream, placed in its arena. Worker thread.
class FilterChain {
 public:
  /// `route`: what the route says to each of `filters`, in their order; empty: nothing to any. Filters that are off
  /// there are left out; the last never is.
  FilterChain(std::span<const std::unique_ptr<api::WorkerFilter>> filters, std::span<const routing::RouteFilter> route,
              base::Arena& arena, api::StreamHandle& stream, FilterChainHost& host, base::SlabPool& slabs);
  ~FilterChain();

  [[nodiscard]] FilterPass& request() { return request_; }
  [[nodiscard]] FilterPass& response() { return response_; }
  [[nodiscard]] api::Filter& terminal() { return *filters_.back(); }
  void complete(const api::StreamInfo& info);

 private:
  std::span<api::Filter*> filters_;
  FilterPass request_;
  FilterPass response_;
};

}  // namespace headgate::proxy
