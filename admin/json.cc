#include "admin/json.h"

#include <fmt/format.h>

#include <cmath>
#include <ctime>

namespace headgate::admin {

void number(config::JsonWriter& json, double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value >= 0 && value < kExact && value == std::floor(value)) {
    json.integer(static_cast<uint64_t>(value));
  } else {
    json.number(value);
  }
}

void member(config::JsonWriter& json, std::string_view key, double value) {
  json.key(key);
  number(json, value);
}

std::string timeText(base::WallTime time) {
  constexpr base::WallTime kSecond = 1'000'000'000;
  const time_t seconds = time / kSecond;
  tm utc;
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                     utc.tm_hour, utc.tm_min, utc.tm_sec, time % kSecond / 1'000'000);
}

}  // namespace headgate::admin
