#include "source/config/units.h"

#include <array>
#include <chrono>
#include <limits>

#include "source/base/strings.h"

namespace headgate::config {
namespace {

struct Unit {
  std::string_view suffix;
  uint64_t factor;
};

// From the largest to the smallest: the first that divides a value prints it.
constexpr std::array<Unit, 4> kDurations{
    {{"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000}, {"ms", 1'000'000}}};
constexpr std::array<Unit, 4> kSizes{{{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"", 1}}};

// The suffix is exactly what follows the digits, so "5ms" never reads as 5 minutes and a rest.
std::optional<uint64_t> parseWithUnit(std::string_view text, const std::array<Unit, 4>& units, uint64_t limit) {
  size_t digits = 0;
  while (digits < text.size() && base::isDigit(text[digits])) ++digits;
  const std::optional<uint64_t> number = base::parseDecimal(text.substr(0, digits));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits) != unit.suffix) continue;
    if (*number > limit / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

std::string formatWithUnit(uint64_t value, const std::array<Unit, 4>& units) {
  for (const Unit& unit : units) {
    if (value % unit.factor == 0) return std::to_string(value / unit.factor).append(unit.suffix);
  }
  return std::to_string(value / units.back().factor).append(units.back().suffix);
}

}  // namespace

std::optional<base::Duration> parseDuration(std::string_view text) {
  const auto nanoseconds = parseWithUnit(text, kDurations, static_cast<uint64_t>(std::numeric_limits<int64_t>::max()));
  if (!nanoseconds) return std::nullopt;
  return base::Duration(static_cast<int64_t>(*nanoseconds));
}

std::string formatDuration(base::Duration value) {
  if (value.count() == 0) return "0s";
  return formatWithUnit(static_cast<uint64_t>(value.count()), kDurations);
}

std::optional<uint64_t> parseBytes(std::string_view text) {
  return parseWithUnit(text, kSizes, std::numeric_limits<uint64_t>::max());
}

std::string formatBytes(uint64_t value) { return value == 0 ? "0" : formatWithUnit(value, kSizes); }

}  // namespace headgate::config
