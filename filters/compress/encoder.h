#pragma once
// Compresses one body at a time, piece by piece.

#include <memory>

#include "filters/compress/coding.h"
#include "source/base/buffer.h"

namespace headgate::filters::compress {

/// The state of a compression: 100 to 900 KiB of heap, so that it is kept for the next body. Worker thread.
class Encoder {
 public:
  /// The window, 256 KiB (gzip has 32): what a stream may cost in memory, and far below what every browser can read.
  static constexpr int kWindowBits = 18;

  /// Null if there is no memory for it.
  [[nodiscard]] static std::unique_ptr<Encoder> make(Coding coding, int level);
  virtual ~Encoder() = default;

  /// Begins a body; what was left of another is forgotten. False: no memory.
  [[nodiscard]] virtual bool restart() = 0;
  /// Takes everything out of `in` and appends its compression to `out`, so that the receiver can read all of it at
  /// once; `end`: and the end of the body. False: no memory.
  [[nodiscard]] virtual bool encode(base::Buffer& in, base::Buffer& out, bool end) = 0;
};

}  // namespace headgate::filters::compress
