#include "source/limits/limit_spec.h"

#include <fmt/format.h>

namespace headgate::limits {

std::optional<FieldProblem> problemOf(const LimitSpec& spec) {
  // Written so that NaN fails too.
  if (!(spec.capacity >= 1 && spec.capacity <= LimitSpec::kMaxCapacity)) {
    return FieldProblem{"capacity", fmt::format("expected a number from 1 to 1000000000, got {}", spec.capacity)};
  }
  if (!(spec.ratePerSec >= 0 && spec.ratePerSec <= LimitSpec::kMaxRate)) {
    return FieldProblem{"rate_per_sec", fmt::format("expected a number from 0 to 1000000000, got {}", spec.ratePerSec)};
  }
  // By a product: the quotient could round down to the bound.
  if (spec.ratePerSec > 0 && spec.capacity > spec.ratePerSec * LimitSpec::kMaxSecondsToFill) {
    return FieldProblem{
        "rate_per_sec",
        fmt::format("expected 0, or a rate that fills the capacity of {} within 1000000000 seconds, got {}",
                    spec.capacity, spec.ratePerSec)};
  }
  return std::nullopt;
}

std::string_view modeName(Mode mode) { return kModeWords[static_cast<size_t>(mode)].first; }

std::optional<Mode> parseMode(std::string_view word) {
  for (const auto& [name, mode] : kModeWords) {
    if (name == word) return mode;
  }
  return std::nullopt;
}

}  // namespace headgate::limits
