#pragma once
// How serious an event is.

#include <cstdint>

namespace headgate::log {

/// The words of the config's "log.level". Debug is glog's VLOG(1).
enum class Severity : uint8_t { Debug, Info, Warning, Error };

}  // namespace headgate::log
