#pragma once
// Cross-origin resource sharing: answers preflights, and tells browsers which sites may read an answer.

#include <memory>

#include "api/filter.h"
#include "filters/cors/config.h"

namespace headgate::filters::cors {

class WorkerCors final : public api::WorkerFilter {
 public:
  explicit WorkerCors(std::shared_ptr<const Options> options) : options_(std::move(options)) {}
  [[nodiscard]] api::Filter* create(base::Arena& arena, api::StreamHandle& stream,
                                    const api::RouteOptions* options) override;

 private:
  const std::shared_ptr<const Options> options_;
};

/// The Fetch standard, section 3.2. Worker thread.
class CorsFilter final : public api::Filter {
 public:
  CorsFilter(const Options& options, api::StreamHandle& stream) : options_(options), stream_(stream) {}
  api::FilterStatus onRequestHeaders(http::MessageHead& head, bool end) override;
  api::FilterStatus onResponseHeaders(http::MessageHead& head, bool end) override;

 private:
  api::FilterStatus answerPreflight(const http::MessageHead& request);
  void allowOrigin(http::HeaderList& headers) const;

  const Options& options_;
  api::StreamHandle& stream_;
  std::string_view origin_;  ///< of the request, if it may read answers; else empty
};

}  // namespace headgate::filters::cors
