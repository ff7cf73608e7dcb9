#pragma once
// What main remembers of a host: when it changed, how and why.

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "source/base/clock.h"

namespace headgate::upstream {

/// One change of a host.
struct Transition {
  base::WallTime at = 0;
  std::string_view what;  ///< static text: "up", "down", "ejected", ...
  std::string why;
};

/// Main thread. A few hundred bytes, and at most kKept transitions with texts cut at kMaxReasonBytes.
struct HostRecord {
  static constexpr size_t kKept = 20;
  static constexpr size_t kMaxReasonBytes = 60;

  std::string hostname;  ///< that it was found under; empty: given as an address
  base::WallTime joined = 0;
  std::deque<Transition> transitions;  ///< the oldest first
  std::string lastCheck;               ///< what the last active check found; empty: well, or never checked
  double successRate = -1;             ///< percent in the last interval of outlier detection; -1: too few requests
  base::MonotonicTime takesRequestsSince = 0;  ///< for slow start; 0 = from the start

  void add(base::WallTime at, std::string_view what, std::string_view why) {
    if (transitions.size() == kKept) transitions.pop_front();
    transitions.push_back({at, what, std::string(why.substr(0, kMaxReasonBytes))});
  }
};

}  // namespace headgate::upstream
