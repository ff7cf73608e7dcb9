// Any bytes as a body. The first byte chooses the framing (its low bits) and the length; the rest is the body.

#include <array>

#include "test/fuzz/h1_head_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace headgate;
  using http::h1::BodyFraming;
  if (size == 0) return 0;
  constexpr std::array kFramings{BodyFraming::Chunked, BodyFraming::ContentLength, BodyFraming::UntilClose,
                                 BodyFraming::None};
  const BodyFraming framing = kFramings[data[0] & 3];
  const uint64_t length = data[0] >> 2;
  const http::h1::HeadLimits limits{.maxBytes = 256, .maxFields = 4};
  const std::string_view bytes = fuzz::textOf(data + 1, size - 1);

  const auto decode = [&](size_t step) {
    return test::decodeInSteps(bytes, step, framing, length, base::ErrorSource::Downstream, limits);
  };
  const test::DecodedBody whole = decode(bytes.size() + 1);
  for (const size_t step : {size_t{1}, fuzz::stepOf(bytes)}) {
    test::DecodedBody pieces = decode(step);
    if (whole.error) pieces.consumed = whole.consumed;  // how much of the last piece was taken then says nothing
    fuzz::require(pieces == whole, "the outcome does not depend on the pieces", whole.message + " / " + pieces.message);
  }
  fuzz::require(whole.body.size() <= bytes.size(), "a body is no longer than its bytes");
  fuzz::require(whole.trailers.size() <= limits.maxFields, "the number of trailers is bounded");
  fuzz::checkFields(whole.trailers);
  if (framing == BodyFraming::ContentLength) {
    fuzz::require(whole.body == bytes.substr(0, length), "a length takes that many bytes");
  }
  if (framing == BodyFraming::UntilClose) fuzz::require(whole.body == bytes, "until close takes all");
  return 0;
}
