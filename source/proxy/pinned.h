#pragma once
// Keeps a worker's instance of a config version alive while streams use it.

#include <cstdint>

namespace headgate::proxy {

/// Counted by the streams of one worker, so without atomics. Worker thread.
class Pinned {
 public:
  void pin() { ++pins_; }
  void unpin() {
    if (--pins_ == 0) onUnpinned();
  }

 protected:
  ~Pinned() = default;
  /// The last pin is gone; may destroy the object.
  virtual void onUnpinned() = 0;

 private:
  uint32_t pins_ = 0;
};

}  // namespace headgate::proxy
