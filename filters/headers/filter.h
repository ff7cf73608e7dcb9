#pragma once
// Changes the fields of requests and responses.

#include <memory>

#include "api/filter.h"
#include "filters/headers/config.h"

namespace headgate::filters::headers {

class WorkerHeaders final : public api::WorkerFilter {
 public:
  explicit WorkerHeaders(std::shared_ptr<const Options> options) : options_(std::move(options)) {}
  [[nodiscard]] api::Filter* create(base::Arena& arena, api::StreamHandle& stream,
                                    const api::RouteOptions* options) override;

 private:
  const std::shared_ptr<const Options> options_;
};

/// Values go into the arena of the message: a warm request takes nothing from the heap. Worker thread.
class HeadersFilter final : public api::Filter {
 public:
  HeadersFilter(const Options& options, api::StreamHandle& stream) : options_(options), stream_(stream) {}
  api::FilterStatus onRequestHeaders(http::MessageHead& head, bool end) override;
  api::FilterStatus onResponseHeaders(http::MessageHead& head, bool end) override;

 private:
  const Options& options_;
  api::StreamHandle& stream_;
};

}  // namespace headgate::filters::headers
