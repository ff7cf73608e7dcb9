#pragma once
// How much nuisance a peer of an HTTP/2 connection may cause before the connection is cut.

#include <array>
#include <cstdint>

#include "source/base/clock.h"
#include "source/http/flood.h"
#include "source/http/h2/frame_scanner.h"

namespace headgate::http::h2 {

/// A token bucket for each kind of frame that costs more than it is worth. What honest traffic needs comes back with
/// the traffic itself: an answered request pays for a reset, a DATA frame for a PING and for window updates. So an
/// honest peer at any rate is never cut, and one that only floods is after `burst` frames. 64 bytes a connection;
/// worker thread.
class FloodGuard {
 public:
  FloodGuard();

  /// Counts an event; false: the connection is to be cut.
  [[nodiscard]] bool take(Flood kind, base::MonotonicTime now);
  /// Counts a frame that is about to be received; `kind` says what was too much when it returns false.
  [[nodiscard]] bool takeFrame(const FrameHeader& frame, base::MonotonicTime now, Flood& kind);

  void responseEnded() { give(Flood::Reset, 1); }
  void dataSent() {
    give(Flood::WindowUpdate, 3);
    give(Flood::Ping, 1);
  }

 private:
  void give(Flood kind, int32_t tokens);
  void refill(base::MonotonicTime now);

  static constexpr size_t kBuckets = static_cast<size_t>(Flood::Unknown) + 1;
  std::array<int32_t, kBuckets> tokens_;
  base::MonotonicTime refilled_ = 0;
};

}  // namespace headgate::http::h2
