#pragma once
// Compresses answers for clients that can read them so.

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "api/filter.h"
#include "filters/compress/config.h"
#include "filters/compress/encoder.h"
#include "source/stats/counter.h"
#include "source/stats/shard.h"

namespace headgate::filters::compress {

/// Keeps the encoders of a worker: as many as were needed at a time, kKept of each coding when none is. Worker thread.
class WorkerCompress final : public api::WorkerFilter {
 public:
  static constexpr size_t kKept = 16;

  /// Counts "compress.responses", "compress.overflow" (left plain since max_streams were in use, or for want of
  /// memory), "compress.bytes_in" and "compress.bytes_out".
  WorkerCompress(std::shared_ptr<const Options> options, stats::Shard& stats);
  [[nodiscard]] api::Filter* create(base::Arena& arena, api::StreamHandle& stream,
                                    const api::RouteOptions* options) override;

  [[nodiscard]] const Options& options() const { return *options_; }
  /// An encoder that is ready for a body; null if there may be no more.
  [[nodiscard]] std::unique_ptr<Encoder> take(Coding coding);
  void give(Coding coding, std::unique_ptr<Encoder> encoder);
  void count(size_t in, size_t out) {
    bytesIn_.add(in);
    bytesOut_.add(out);
  }

 private:
  const std::shared_ptr<const Options> options_;
  std::array<std::vector<std::unique_ptr<Encoder>>, kCodings> kept_;
  uint32_t inUse_ = 0;
  stats::Counter responses_;
  stats::Counter overflow_;
  stats::Counter bytesIn_;
  stats::Counter bytesOut_;
};

/// Everything that comes is flushed at once, so that an answer that trickles (server-sent events) is read as it comes.
/// The body grows by no more than some bytes a piece: back-pressure needs nothing of its own. Worker thread.
class CompressFilter final : public api::Filter {
 public:
  CompressFilter(WorkerCompress& worker, api::StreamHandle& stream) : worker_(worker), stream_(stream) {}
  ~CompressFilter() override { giveBack(); }

  api::FilterStatus onRequestHeaders(http::MessageHead& head, bool end) override;
  api::FilterStatus onResponseHeaders(http::MessageHead& head, bool end) override;
  api::FilterStatus onResponseData(base::Buffer& data, bool end) override;
  api::FilterStatus onResponseTrailers(http::HeaderList& trailers) override;

 private:
  [[nodiscard]] bool encode(base::Buffer& in, base::Buffer& out, bool end);
  void giveBack();

  WorkerCompress& worker_;
  api::StreamHandle& stream_;
  std::unique_ptr<Encoder> encoder_;  ///< of the response that is on its way; null: it goes as it is
  std::optional<Coding> wanted_;      ///< by the client
  bool head_ = false;                 ///< the request's method is HEAD
};

}  // namespace headgate::filters::compress
