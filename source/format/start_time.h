#pragma once
// The time of a request as text, most of it remembered from the request before.

#include <array>
#include <cstdint>
#include <string_view>

#include "source/base/clock.h"

namespace headgate::format {

/// Writes times as ISO 8601 in UTC with milliseconds: "2026-03-01T12:00:00.123Z". Only the milliseconds are written
/// anew while the second is the same. One a worker.
class StartTimeText {
 public:
  static constexpr size_t kBytes = 24;

  /// Valid until the next call. Empty for 0 and what is before: no clock gave that.
  [[nodiscard]] std::string_view of(base::WallTime time);

 private:
  void writeSecond(int64_t second);

  int64_t second_ = -1;  ///< that text_ shows
  std::array<char, kBytes> text_{};
};

}  // namespace headgate::format
