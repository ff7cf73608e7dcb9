#include "source/format/time_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "source/config/errors.h"
#include "source/config/utf8.h"

namespace headgate::format {
namespace {

// A letter and the digits that it stands for at most. '3', '6' and '9' are the fractions.
struct Letter {
  char letter;
  size_t bytes;
};
constexpr Letter kLetters[] = {{'Y', 4}, {'y', 2}, {'m', 2},  {'d', 2},  {'H', 2}, {'M', 2}, {'S', 2},
                               {'j', 3}, {'T', 8}, {'F', 10}, {'s', 20}, {'3', 3}, {'6', 6}, {'9', 9}};

char* digits(char* to, uint64_t value, int count) {
  for (int i = count - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
  return to + count;
}

// A time, taken apart.
struct Parts {
  explicit Parts(base::WallTime time) {
    namespace chrono = std::chrono;
    second = time / 1'000'000'000;
    nanos = static_cast<uint64_t>(time % 1'000'000'000);
    const chrono::sys_seconds point{chrono::seconds(second)};
    const auto days = chrono::floor<chrono::days>(point);
    const chrono::year_month_day date{days};
    year = static_cast<uint64_t>(static_cast<int>(date.year()));
    month = static_cast<unsigned>(date.month());
    day = static_cast<unsigned>(date.day());
    yearDay = static_cast<uint64_t>((days - chrono::sys_days(date.year() / 1 / 1)).count()) + 1;
    ofDay = static_cast<uint64_t>((point - days).count());
  }
  int64_t second;
  uint64_t nanos;
  uint64_t year;
  uint64_t month;
  uint64_t day;
  uint64_t yearDay;
  uint64_t ofDay;
};

char* writeClock(char* to, uint64_t ofDay) {
  to = digits(to, ofDay / 3600, 2);
  *to++ = ':';
  to = digits(to, ofDay / 60 % 60, 2);
  *to++ = ':';
  return digits(to, ofDay % 60, 2);
}

char* writeDate(char* to, const Parts& parts) {
  to = digits(to, parts.year, 4);
  *to++ = '-';
  to = digits(to, parts.month, 2);
  *to++ = '-';
  return digits(to, parts.day, 2);
}

char* writeLetter(char* to, char letter, const Parts& parts) {
  switch (letter) {
    case 'Y': return digits(to, parts.year, 4);
    case 'y': return digits(to, parts.year % 100, 2);
    case 'm': return digits(to, parts.month, 2);
    case 'd': return digits(to, parts.day, 2);
    case 'H': return digits(to, parts.ofDay / 3600, 2);
    case 'M': return digits(to, parts.ofDay / 60 % 60, 2);
    case 'S': return digits(to, parts.ofDay % 60, 2);
    case 'j': return digits(to, parts.yearDay, 3);
    case 'T': return writeClock(to, parts.ofDay);
    case 'F': return writeDate(to, parts);
    case 's': return std::to_chars(to, to + 20, parts.second).ptr;
    case '3': return digits(to, parts.nanos / 1'000'000, 3);
    case '6': return digits(to, parts.nanos / 1'000, 6);
    case '9': return digits(to, parts.nanos, 9);
    default: return to;
  }
}

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

}  // namespace

base::Result<TimePattern> TimePattern::parse(std::string_view pattern) {
  TimePattern result;
  if (config::hasControlCharacters(pattern)) return refuse("a pattern of a time has no control characters");
  const auto add = [&](char letter, std::string_view literal, size_t bytes) {
    result.maxBytes_ += bytes;
    if (letter == 0 && !result.pieces_.empty() && result.pieces_.back().letter == 0) {
      result.pieces_.back().literal += literal;
    } else {
      result.pieces_.push_back({letter, std::string(literal)});
    }
  };
  for (size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] != '%') {
      add(0, pattern.substr(at, 1), 1);
      continue;
    }
    const char letter = at + 1 < pattern.size() ? pattern[at + 1] : '\0';
    const bool fraction = letter == '3' || letter == '6' || letter == '9';
    const auto* const known =
        std::find_if(std::begin(kLetters), std::end(kLetters), [&](const Letter& row) { return row.letter == letter; });
    if (letter == '%') {
      add(0, "%", 1);
    } else if (known == std::end(kLetters) || (fraction && pattern.substr(at + 2, 1) != "f")) {
      return refuse(fmt::format("expected %Y %m %d %H %M %S %j %y %T %F %s %3f %6f or %9f in a time, got {}",
                                config::quotedText(pattern.substr(at, 2))));
    } else {
      add(letter, {}, known->bytes);
    }
    at += fraction ? 2 : 1;
  }
  if (result.maxBytes_ > kMaxBytes) return refuse(fmt::format("a time of at most {} bytes", kMaxBytes));
  return result;
}

size_t TimePattern::write(char* to, base::WallTime time) const {
  if (time <= 0) return 0;
  const Parts parts(time);
  char* const from = to;
  for (const Piece& piece : pieces_) {
    to = piece.letter == 0 ? std::copy(piece.literal.begin(), piece.literal.end(), to)
                           : writeLetter(to, piece.letter, parts);
  }
  return static_cast<size_t>(to - from);
}

}  // namespace headgate::format
