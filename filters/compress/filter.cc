#include "filters/compress/filter.h"

#include <utility>

#include "filters/compress/negotiation.h"
#include "source/event/loop.h"

namespace headgate::filters::compress {

using api::FilterStatus;

WorkerCompress::WorkerCompress(std::shared_ptr<const Options> options, stats::Shard& stats)
    : options_(std::move(options)),
      responses_(stats.counter("compress.responses")),
      overflow_(stats.counter("compress.overflow")),
      bytesIn_(stats.counter("compress.bytes_in")),
      bytesOut_(stats.counter("compress.bytes_out")) {}

api::Filter* WorkerCompress::create(base::Arena& arena, api::StreamHandle& stream,
                                    const api::RouteOptions* /*options*/) {
  return arena.make<CompressFilter>(*this, stream);
}

std::unique_ptr<Encoder> WorkerCompress::take(Coding coding) {
  std::unique_ptr<Encoder> encoder;
  if (inUse_ < options_->maxStreams) {
    auto& kept = kept_[static_cast<size_t>(coding)];
    if (kept.empty()) {
      encoder = Encoder::make(coding, options_->levels[static_cast<size_t>(coding)]);
    } else {
      encoder = std::move(kept.back());
      kept.pop_back();
    }
  }
  if (encoder == nullptr || !encoder->restart()) {
    overflow_.inc();
    return nullptr;
  }
  ++inUse_;
  responses_.inc();
  return encoder;
}

void WorkerCompress::give(Coding coding, std::unique_ptr<Encoder> encoder) {
  --inUse_;
  auto& kept = kept_[static_cast<size_t>(coding)];
  if (kept.size() < kKept) kept.push_back(std::move(encoder));
}

void CompressFilter::giveBack() {
  if (encoder_ != nullptr) worker_.give(*wanted_, std::move(encoder_));
}

FilterStatus CompressFilter::onRequestHeaders(http::MessageHead& head, bool /*end*/) {
  head_ = head.method == http::Method::Head;
  const bool plain = !head.protocol.empty() || forbidsTransform(head.headers);
  if (!plain) wanted_ = negotiate(head.headers, worker_.options().codings);
  return FilterStatus::Continue;
}

FilterStatus CompressFilter::onResponseHeaders(http::MessageHead& head, bool end) {
  giveBack();  // the response before this one, whose place it takes
  const Options& options = worker_.options();
  if ((end && !head_) || !isEligible(head, options.types, options.minLength)) return FilterStatus::Continue;
  addVary(head.headers);
  if (!wanted_) return FilterStatus::Continue;
  if (!end) {
    encoder_ = worker_.take(*wanted_);
    if (encoder_ == nullptr) return FilterStatus::Continue;
  }
  markEncoded(head, *wanted_);  // of an answer to HEAD too: it is the head of what GET would get
  return FilterStatus::Continue;
}

bool CompressFilter::encode(base::Buffer& in, base::Buffer& out, bool end) {
  const size_t before = in.size();
  const bool good = encoder_->encode(in, out, end);
  worker_.count(before, out.size());
  if (end || !good) giveBack();
  return good;
}

FilterStatus CompressFilter::onResponseData(base::Buffer& data, bool end) {
  if (encoder_ == nullptr) return FilterStatus::Continue;
  base::Buffer out(data.pool());
  if (!encode(data, out, end)) {
    return stream_.reply({base::ErrorCode::Internal, base::ErrorSource::Local, false, "no memory to compress with"});
  }
  data = std::move(out);
  return FilterStatus::Continue;
}

FilterStatus CompressFilter::onResponseTrailers(http::HeaderList& /*trailers*/) {
  if (encoder_ == nullptr) return FilterStatus::Continue;
  base::Buffer none(stream_.loop().slabs());
  base::Buffer out(stream_.loop().slabs());
  if (!encode(none, out, true)) {
    return stream_.reply({base::ErrorCode::Internal, base::ErrorSource::Local, false, "no memory to compress with"});
  }
  stream_.addResponseData(out);
  return FilterStatus::Continue;
}

}  // namespace headgate::filters::compress
