#include "source/format/time_pattern.h"

#include <gtest/gtest.h>

#include <ctime>
#include <random>

namespace headgate::format {
namespace {

std::string written(std::string_view pattern, base::WallTime time) {
  const base::Result<TimePattern> compiled = TimePattern::parse(pattern);
  EXPECT_TRUE(compiled) << compiled.error().message;
  // Of exactly that size, so that a sanitizer sees the first byte too many.
  std::string room(compiled->maxBytes(), '\0');
  room.resize(compiled->write(room.data(), time));
  return room;
}

TEST(TimePattern, WritesTheLettersOfStrftime) {
  constexpr base::WallTime kTime = 1'460'751'437'310'042'007;  // 2016-04-15T20:17:17.310042007Z
  EXPECT_EQ(written("%Y-%m-%dT%H:%M:%S.%3fZ", kTime), "2016-04-15T20:17:17.310Z");
  EXPECT_EQ(written("%F %T", kTime), "2016-04-15 20:17:17");
  EXPECT_EQ(written("%s.%6f %9f %y %j 100%%", kTime), "1460751437.310042 310042007 16 106 100%");
  EXPECT_EQ(written("%F", 0), "") << "no clock gave that";
}

TEST(TimePattern, AgreesWithTheSystem) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 1000; ++i) {
    const auto time = static_cast<int64_t>(random() >> 1) + 1;
    const std::time_t second = time / 1'000'000'000;
    std::tm parts{};
    gmtime_r(&second, &parts);
    char expected[64];
    ASSERT_GT(std::strftime(expected, sizeof(expected), "%Y %j %F %T", &parts), 0U);
    ASSERT_EQ(written("%Y %j %F %T", time), expected);
    ASSERT_EQ(written("%s", time), std::to_string(second));
  }
}

TEST(TimePattern, RefusesWhatHasNoFixedLength) {
  for (const char* pattern : {"%B", "%", "%3", "%4f", "a%", "%\n"})
    EXPECT_FALSE(TimePattern::parse(pattern)) << pattern;
  EXPECT_FALSE(TimePattern::parse(std::string(257, 'x')));
}

}  // namespace
}  // namespace headgate::format
