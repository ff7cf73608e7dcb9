#include "source/proxy/filter_chain.h"

namespace headgate::proxy {

namespace {

std::span<api::Filter*> place(std::span<const std::unique_ptr<api::WorkerFilter>> filters,
                              std::span<const routing::RouteFilter> route, base::Arena& arena,
                              api::StreamHandle& stream) {
  auto** placed = arena.array<api::Filter*>(filters.size());
  size_t count = 0;
  for (size_t i = 0; i < filters.size(); ++i) {
    if (route.empty()) {
      placed[count++] = filters[i]->create(arena, stream, nullptr);
    } else if (!route[i].off) {
      placed[count++] = filters[i]->create(arena, stream, route[i].options.get());
    }
  }
  return {placed, count};
}

}  // namespace

FilterChain::FilterChain(std::span<const std::unique_ptr<api::WorkerFilter>> filters,
                         std::span<const routing::RouteFilter> route, base::Arena& arena, api::StreamHandle& stream,
                         FilterChainHost& host, base::SlabPool& slabs)
    : filters_(place(filters, route, arena, stream)),
      request_(FilterPass::Direction::Request, filters_, host, arena, slabs),
      response_(FilterPass::Direction::Response, filters_, host, arena, slabs) {}

FilterChain::~FilterChain() {
  for (size_t i = filters_.size(); i-- > 0;) filters_[i]->~Filter();
}

void FilterChain::complete(const api::StreamInfo& info) {
  request_.stop();
  response_.stop();
  for (api::Filter* filter : filters_) filter->onStreamComplete(info);
}

}  // namespace headgate::proxy
