#pragma once
// The options of the compress filter, and the factory that they make.

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "api/filter_factory.h"
#include "filters/compress/coding.h"
#include "filters/compress/eligibility.h"
#include "source/config/object.h"

namespace headgate::filters::compress {

inline constexpr std::string_view kName = "compress";

struct Options {
  std::vector<Coding> codings{Coding::Zstd, Coding::Brotli,
                              Coding::Gzip};  ///< the first of those that a client likes best
  std::array<int, kCodings> levels{facts(Coding::Gzip).defaultLevel, facts(Coding::Brotli).defaultLevel,
                                   facts(Coding::Zstd).defaultLevel};
  MediaTypes types = MediaTypes::usual();
  uint64_t minLength = 1024;  ///< bytes; below, a coding saves less than a packet
  uint32_t maxStreams = 256;  ///< at a time on each worker: what they cost in memory is bounded
};

/// Adds mistakes to the object's errors.
[[nodiscard]] Options readOptions(config::Object& object);

class CompressFactory final : public api::FilterFactory {
 public:
  explicit CompressFactory(Options options) : options_(std::make_shared<const Options>(std::move(options))) {}
  [[nodiscard]] std::string_view name() const override { return kName; }
  [[nodiscard]] std::unique_ptr<api::WorkerFilter> makeWorkerFilter(const api::WorkerContext& context) const override;

 private:
  const std::shared_ptr<const Options> options_;
};

}  // namespace headgate::filters::compress
