#pragma once
// A time as a pattern writes it: %START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/clock.h"
#include "source/base/error.h"

namespace headgate::format {

/// The letters of strftime that have a fixed length and no language: %Y %m %d %H %M %S %j %y %T %F %s, also %3f %6f %9f
/// for fractions of a second and %% for a percent sign. UTC. Immutable; shared by workers.
class TimePattern {
 public:
  /// The longest text.
  static constexpr size_t kMaxBytes = 256;

  /// The error's message says what was expected.
  [[nodiscard]] static base::Result<TimePattern> parse(std::string_view pattern);

  [[nodiscard]] size_t maxBytes() const { return maxBytes_; }
  /// Writes to `to`, which has room for maxBytes(); returns the length: 0 for a time that no clock gave.
  size_t write(char* to, base::WallTime time) const;

 private:
  struct Piece {
    char letter = 0;  ///< 0: literal
    std::string literal;
  };
  std::vector<Piece> pieces_;
  size_t maxBytes_ = 0;
};

}  // namespace headgate::format
