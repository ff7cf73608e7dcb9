#include "source/http/h2/flood_guard.h"

#include <algorithm>

namespace headgate::http::h2 {
namespace {

struct Rate {
  int32_t burst;
  int32_t perSecond;
};

// In the order of Flood. Bursts leave room for a browser that closes a page with a hundred open requests, for gRPC's
// bandwidth probes (a PING for each DATA frame that it gets, which pays for itself) and for the priority trees of old
// browsers; the rates are what an idle but chatty peer may keep up for ever.
constexpr std::array<Rate, static_cast<size_t>(Flood::Unknown) + 1> kRates{{
    {200, 50},    // reset
    {100, 20},    // malformed
    {500, 50},    // ping
    {50, 2},      // settings
    {100, 10},    // empty
    {256, 20},    // priority
    {1000, 100},  // window update
    {1000, 100},  // tiny window
    {200, 20},    // unknown
}};
constexpr base::MonotonicTime kStep = 100'000'000;  // refilled in steps of a tenth of a second

constexpr size_t index(Flood kind) { return static_cast<size_t>(kind); }

}  // namespace

FloodGuard::FloodGuard() {
  for (size_t i = 0; i < kBuckets; ++i) tokens_[i] = kRates[i].burst;
}

void FloodGuard::give(Flood kind, int32_t tokens) {
  int32_t& bucket = tokens_[index(kind)];
  bucket = std::min(bucket + tokens, kRates[index(kind)].burst);
}

void FloodGuard::refill(base::MonotonicTime now) {
  if (refilled_ == 0) refilled_ = now;
  const base::MonotonicTime steps = (now - refilled_) / kStep;
  if (steps <= 0) return;
  refilled_ += steps * kStep;
  const auto tenths = static_cast<int32_t>(std::min<base::MonotonicTime>(steps, 10'000));
  for (size_t i = 0; i < kBuckets; ++i) give(static_cast<Flood>(i), kRates[i].perSecond * tenths / 10);
}

bool FloodGuard::take(Flood kind, base::MonotonicTime now) {
  refill(now);
  return --tokens_[index(kind)] >= 0;
}

bool FloodGuard::takeFrame(const FrameHeader& frame, base::MonotonicTime now, Flood& kind) {
  switch (static_cast<FrameType>(frame.type)) {
    case FrameType::Data:
      if (frame.length > 0) {
        give(Flood::Ping, 1);
        return true;
      }
      if ((frame.flags & kFlagEndStream) != 0) return true;
      kind = Flood::Empty;
      break;
    case FrameType::Continuation:
      if (frame.length > 0) return true;
      kind = Flood::Empty;
      break;
    case FrameType::Headers:
    case FrameType::Goaway:
    case FrameType::PushPromise: return true;
    case FrameType::Priority: kind = Flood::Priority; break;
    case FrameType::RstStream: kind = Flood::Reset; break;
    case FrameType::Settings: kind = Flood::Settings; break;
    case FrameType::Ping: kind = Flood::Ping; break;
    case FrameType::WindowUpdate: kind = Flood::WindowUpdate; break;
    default: kind = Flood::Unknown; break;  // RFC 9113 section 4.1: ignored, but not without bound
  }
  return take(kind, now);
}

}  // namespace headgate::http::h2
