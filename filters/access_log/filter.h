#pragma once
// Writes one line for every exchange when it is over.

#include <memory>

#include "api/filter.h"
#include "api/filter_factory.h"
#include "filters/access_log/config.h"
#include "source/format/start_time.h"
#include "source/log/file_log.h"

namespace headgate::filters::access_log {

/// A worker's access log: its buffer and its clock text. Worker thread. Logging a line writes into the buffer and
/// nothing else; the log writer's thread brings it to the file.
class WorkerAccessLog final : public api::WorkerFilter {
 public:
  /// `seed`: of the samples, another one for each worker.
  WorkerAccessLog(std::shared_ptr<const Options> options, std::shared_ptr<log::FileLog> file, event::Loop& loop,
                  stats::Shard& stats, uint64_t seed)
      : options_(std::move(options)), random_(seed), appender_(std::move(file), loop, stats) {}

  [[nodiscard]] api::Filter* create(base::Arena& arena, api::StreamHandle& stream,
                                    const api::RouteOptions* options) override;
  void flush() override { appender_.flush(); }

  /// A line, if the condition holds.
  void log(const api::StreamInfo& info) {
    if (options_->when && !options_->when->holds(info, random_)) return;
    appender_.commit(options_->format.write(appender_.reserve(), format::Facts(info), startTime_));
  }

 private:
  const std::shared_ptr<const Options> options_;
  Random random_;
  format::StartTimeText startTime_;
  log::FileLog::Appender appender_;
};

/// The filter of one stream. It looks at nothing on the way: the facts are in StreamInfo when the stream is over.
class AccessLogFilter final : public api::Filter {
 public:
  explicit AccessLogFilter(WorkerAccessLog& worker) : worker_(worker) {}
  void onStreamComplete(const api::StreamInfo& info) override { worker_.log(info); }

 private:
  WorkerAccessLog& worker_;
};

}  // namespace headgate::filters::access_log
