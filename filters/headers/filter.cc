#include "filters/headers/filter.h"

#include "source/event/loop.h"

namespace headgate::filters::headers {

api::Filter* WorkerHeaders::create(base::Arena& arena, api::StreamHandle& stream,
                                   const api::RouteOptions* /*options*/) {
  return arena.make<HeadersFilter>(*options_, stream);
}

api::FilterStatus HeadersFilter::onRequestHeaders(http::MessageHead& head, bool /*end*/) {
  if (options_.request.empty()) return api::FilterStatus::Continue;
  format::Facts facts(stream_.info());
  facts.request = &head;
  facts.now = stream_.loop().now();
  options_.request.apply(head.headers, facts);
  return api::FilterStatus::Continue;
}

api::FilterStatus HeadersFilter::onResponseHeaders(http::MessageHead& head, bool /*end*/) {
  if (options_.response.empty()) return api::FilterStatus::Continue;
  format::Facts facts(stream_.info());
  facts.response = &head;
  facts.now = stream_.loop().now();
  options_.response.apply(head.headers, facts);
  return api::FilterStatus::Continue;
}

}  // namespace headgate::filters::headers
