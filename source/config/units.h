#pragma once
// Durations and sizes as people write them in a config file: "250ms", "16KiB".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "source/base/clock.h"

namespace headgate::config {

/// Digits and a unit, "250ms", "5s", "1m", "1h" or "0s"; nothing else: no sign, space, fraction or missing unit.
/// Nothing as well when it does not fit 64 bits of nanoseconds.
[[nodiscard]] std::optional<base::Duration> parseDuration(std::string_view text);
/// In the largest unit that holds it whole; what is below a millisecond is dropped. `parseDuration` reads it.
[[nodiscard]] std::string formatDuration(base::Duration value);

/// Digits, alone or with KiB, MiB or GiB; nothing else.
[[nodiscard]] std::optional<uint64_t> parseBytes(std::string_view text);
/// In the largest unit that holds it whole, a bare number of bytes otherwise. `parseBytes` reads it.
[[nodiscard]] std::string formatBytes(uint64_t value);

}  // namespace headgate::config
