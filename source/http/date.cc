#include "source/http/date.h"

#include <chrono>
#include <cstring>

namespace headgate::http {
namespace {

constexpr std::string_view kDays = "SunMonTueWedThuFriSat";
constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr int64_t kNanoseconds = 1'000'000'000;

void putTwo(char* at, unsigned number) {
  at[0] = static_cast<char>('0' + number / 10);
  at[1] = static_cast<char>('0' + number % 10);
}

}  // namespace

std::string_view DateText::of(base::WallTime now) {
  const int64_t second = now / kNanoseconds;
  const std::string_view text(text_.data(), text_.size());
  if (second == second_) return text;
  second_ = second;
  const std::chrono::sys_seconds time{std::chrono::seconds(second)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto inDay = static_cast<unsigned>((time - day).count());
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));

  char* to = text_.data();
  std::memcpy(to, "Xxx, dd Mmm yyyy hh:mm:ss GMT", kBytes);
  kDays.copy(to, 3, 3 * std::chrono::weekday(day).c_encoding());
  putTwo(to + 5, static_cast<unsigned>(date.day()));
  kMonths.copy(to + 8, 3, 3 * (static_cast<unsigned>(date.month()) - 1));
  putTwo(to + 12, year / 100);
  putTwo(to + 14, year % 100);
  putTwo(to + 17, inDay / 3600);
  putTwo(to + 20, inDay / 60 % 60);
  putTwo(to + 23, inDay % 60);
  return text;
}

}  // namespace headgate::http
