#pragma once
// The Date field.

#include <array>
#include <string_view>

#include "source/base/clock.h"

namespace headgate::http {

/// The current time as an IMF-fixdate (RFC 9110 section 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT", made once a second.
/// One thread.
class DateText {
 public:
  static constexpr size_t kBytes = 29;

  /// Valid until the next call.
  [[nodiscard]] std::string_view of(base::WallTime now);

 private:
  std::array<char, kBytes> text_{};
  int64_t second_ = -1;  ///< that text_ shows
};

}  // namespace headgate::http
