#include "source/format/start_time.h"

#include <chrono>

namespace headgate::format {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;

void writeDigits(char* to, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string_view StartTimeText::of(base::WallTime time) {
  // A WallTime of 64 bits ends in the year 2262.
  if (time <= 0) return {};
  const int64_t second = time / kNanosPerSecond;
  if (second != second_) writeSecond(second);
  writeDigits(text_.data() + 20, static_cast<unsigned>(time % kNanosPerSecond / 1'000'000), 3);
  return {text_.data(), text_.size()};
}

// Not gmtime_r, which takes the lock of the time zone.
void StartTimeText::writeSecond(int64_t second) {
  namespace chrono = std::chrono;
  const chrono::sys_seconds time{chrono::seconds(second)};
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  const auto ofDay = static_cast<unsigned>((time - day).count());
  second_ = second;
  char* to = text_.data();
  writeDigits(to, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  writeDigits(to + 5, static_cast<unsigned>(date.month()), 2);
  writeDigits(to + 8, static_cast<unsigned>(date.day()), 2);
  writeDigits(to + 11, ofDay / 3600, 2);
  writeDigits(to + 14, ofDay / 60 % 60, 2);
  writeDigits(to + 17, ofDay % 60, 2);
  to[4] = to[7] = '-';
  to[10] = 'T';
  to[13] = to[16] = ':';
  to[19] = '.';
  to[23] = 'Z';
}

}  // namespace headgate::format
