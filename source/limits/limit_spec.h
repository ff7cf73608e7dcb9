#pragma once
// What a client is allowed, and in which way it is held to it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace headgate::limits {

/// A token bucket's size and refill. `problemOf` says whether the values are usable.
struct LimitSpec {
  static constexpr double kMaxCapacity = 1e9;
  static constexpr double kMaxRate = 1e9;
  static constexpr double kMaxSecondsToFill = 1e9;  ///< capacity / ratePerSec; some 31 years

  double capacity = 100;   ///< tokens, 1..1e9
  double ratePerSec = 50;  ///< tokens, fractions allowed, 0..1e9; 0: what is spent never comes back

  friend bool operator==(const LimitSpec&, const LimitSpec&) = default;
};

/// A value that cannot be used. `field` is the name in the API and the config ("capacity"), `message` what was expected
/// and what came.
struct FieldProblem {
  std::string field;
  std::string message;  ///< "expected a number from 1 to 1000000000, got 0"
};

/// What is wrong with it; nothing if it is fine. Any double may be asked about, NaN and infinities too.
[[nodiscard]] std::optional<FieldProblem> problemOf(const LimitSpec& spec);

/// How a client is held to its limit.
enum class Mode : uint8_t {
  Enforce,  ///< without a token: 429
  Shadow,   ///< decided, counted and logged as if enforced, but admitted; a would-be refusal takes nothing
  Off,      ///< admitted, nothing is counted
  Block,    ///< 403, whatever the bucket holds
};

/// The words of the API and the store.
inline constexpr std::array<std::pair<std::string_view, Mode>, 4> kModeWords{
    {{"enforce", Mode::Enforce}, {"shadow", Mode::Shadow}, {"off", Mode::Off}, {"block", Mode::Block}}};
[[nodiscard]] std::string_view modeName(Mode mode);
[[nodiscard]] std::optional<Mode> parseMode(std::string_view word);

}  // namespace headgate::limits
