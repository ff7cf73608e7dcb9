#pragma once
// Small pieces of JSON documents that many answers share.

#include <concepts>
#include <string>
#include <string_view>

#include "source/base/clock.h"
#include "source/config/json_writer.h"

namespace headgate::admin {

inline void member(config::JsonWriter& json, std::string_view key, std::string_view value) {
  json.key(key);
  json.string(value);
}
template <std::unsigned_integral T>
requires(!std::same_as<T, bool>) void member(config::JsonWriter& json, std::string_view key, T value) {
  json.key(key);
  json.integer(value);
}
inline void member(config::JsonWriter& json, std::string_view key, std::same_as<bool> auto value) {
  json.key(key);
  json.boolean(value);
}
/// Whole numbers without a fraction: 100, not 100.0. `value` is finite.
void member(config::JsonWriter& json, std::string_view key, double value);
void number(config::JsonWriter& json, double value);

/// "2026-03-01T12:00:00.123Z" (RFC 3339).
[[nodiscard]] std::string timeText(base::WallTime time);

}  // namespace headgate::admin
