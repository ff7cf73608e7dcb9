#pragma once
// Refuses requests that lack a header.

#include <memory>
#include <string>

#include "api/filter.h"
#include "api/filter_factory.h"
#include "source/config/object.h"
#include "source/stats/counter.h"
#include "source/stats/shard.h"

namespace headgate::filters::require_header {

struct Options {
  std::string header;  ///< lower-case
};

/// Adds mistakes to the object's errors. Main thread.
[[nodiscard]] Options readOptions(config::Object& object);

/// What the filters of one worker share.
class WorkerRequireHeader final : public api::WorkerFilter {
 public:
  WorkerRequireHeader(std::shared_ptr<const Options> options, stats::Shard& stats)
      : options_(std::move(options)), refused_(stats.counter("require_header.refused")) {}
  [[nodiscard]] api::Filter* create(base::Arena& arena, api::StreamHandle& stream,
                                    const api::RouteOptions* options) override;

  [[nodiscard]] const Options& options() const { return *options_; }
  void countRefusal() { refused_.inc(); }

 private:
  const std::shared_ptr<const Options> options_;
  stats::Counter refused_;
};

/// The filter of one stream, in its arena.
class RequireHeaderFilter final : public api::Filter {
 public:
  RequireHeaderFilter(WorkerRequireHeader& worker, api::StreamHandle& stream) : worker_(worker), stream_(stream) {}
  api::FilterStatus onRequestHeaders(http::MessageHead& head, bool end) override;

 private:
  WorkerRequireHeader& worker_;
  api::StreamHandle& stream_;
};

}  // namespace headgate::filters::require_header
