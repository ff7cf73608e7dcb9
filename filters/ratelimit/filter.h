#pragma once
// Admits a request if its client's bucket has the cost, and tells the client of its limit.

#include "api/filter.h"
#include "api/filter_factory.h"
#include "filters/ratelimit/config.h"
#include "source/limits/bucket_table.h"
#include "source/limits/limits_config.h"
#include "source/log/severity.h"
#include "source/stats/counter.h"

namespace headgate::filters::ratelimit {

/// Counted over all listeners; "ratelimit.allowed" and so on.
struct Stats {
  explicit Stats(stats::Shard& shard);

  stats::Counter allowed;
  stats::Counter denied;        ///< 429
  stats::Counter shadowDenied;  ///< admitted, since the client is in shadow mode
  stats::Counter blocked;       ///< 403
  stats::Counter exempt;
  stats::Counter unknown;  ///< 401: without a record, and such are refused
  stats::Counter
      overflow;  ///< of the allowed and denied: decided by the bucket that clients share when the table is full
};

/// A worker's part: who a request comes from, and what its bucket says. Worker thread.
class WorkerRateLimit final : public api::WorkerFilter {
 public:
  WorkerRateLimit(const Options& options, const api::WorkerContext& context);

  [[nodiscard]] api::Filter* create(base::Arena& arena, api::StreamHandle& stream,
                                    const api::RouteOptions* options) override;

  /// The decision, and the id of the bucket that made it (Unknown: of the client), in the request's arena.
  struct Outcome {
    limits::Decision decision;
    std::string_view id;
  };
  [[nodiscard]] Outcome decide(const RouteOptions* route, const http::HeaderList& headers,
                               const net::IpAddress& address);
  /// Counts it; reports the first of a kind.
  void note(const Outcome& outcome);

  [[nodiscard]] uint8_t fields() const { return options_.fields; }

 private:
  using IfUnknown = limits::TableView::IfUnknown;
  [[nodiscard]] limits::Decision take(std::string_view id, limits::Units cost, IfUnknown ifUnknown);
  void report(log::Severity severity, std::string_view cause, const Outcome& outcome);

  const Options& options_;  ///< of the factory
  const limits::LimitsConfig& config_;
  limits::TableView& buckets_;
  log::EventLog& events_;
  event::Loop& loop_;
  Stats stats_;
};

/// One request. Refusals answer from onRequestHeaders; the fields are added to whatever answer passes. Worker thread.
class RateLimitFilter final : public api::Filter {
 public:
  RateLimitFilter(WorkerRateLimit& worker, api::StreamHandle& stream, const RouteOptions* route)
      : worker_(worker), stream_(stream), route_(route) {}

  api::FilterStatus onRequestHeaders(http::MessageHead& head, bool end) override;
  api::FilterStatus onResponseHeaders(http::MessageHead& head, bool end) override;

 private:
  /// What the answer says of the limit.
  enum class Answer : uint8_t { Nothing, Quota, RetryAfter, Challenge };

  api::FilterStatus act(const limits::Decision& decision);
  api::FilterStatus refuse(api::LimitDecision decision, uint16_t status, std::string_view reason,
                           std::string_view message);

  WorkerRateLimit& worker_;
  api::StreamHandle& stream_;
  const RouteOptions* route_;
  const limits::Decision* decision_ = nullptr;  ///< in the arena
  Answer answer_ = Answer::Nothing;
};

}  // namespace headgate::filters::ratelimit
