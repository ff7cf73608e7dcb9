#include "source/config/units.h"

#include <gtest/gtest.h>

#include <limits>

namespace headgate::config {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadsDurationsOfEveryUnit) {
  EXPECT_EQ(parseDuration("250ms"), 250ms);
  EXPECT_EQ(parseDuration("5s"), 5s);
  EXPECT_EQ(parseDuration("1m"), 1min);
  EXPECT_EQ(parseDuration("2h"), 2h);
  EXPECT_EQ(parseDuration("0s"), 0s);
  EXPECT_EQ(parseDuration("007s"), 7s);
}

TEST(Units, RefusesWhatIsNoDuration) {
  for (const char* text :
       {"", "5", "s", "5sec", "5 s", " 5s", "5s ", "-5s", "+5s", "1.5s", "5S", "5d", "1m30s", "5ss", "0x5s"}) {
    EXPECT_EQ(parseDuration(text), std::nullopt) << text;
  }
}

TEST(Units, RefusesDurationsBeyondWhatNanosecondsHold) {
  EXPECT_TRUE(parseDuration("9223372036s"));
  EXPECT_FALSE(parseDuration("9223372037s"));
  EXPECT_FALSE(parseDuration("18446744073709551616ms"));
  EXPECT_FALSE(parseDuration("99999999999999999999999h"));
}

TEST(Units, PrintsDurationsInTheLargestWholeUnit) {
  EXPECT_EQ(formatDuration(0s), "0s");
  EXPECT_EQ(formatDuration(250ms), "250ms");
  EXPECT_EQ(formatDuration(1500ms), "1500ms");
  EXPECT_EQ(formatDuration(75s), "75s");
  EXPECT_EQ(formatDuration(300s), "5m");
  EXPECT_EQ(formatDuration(7200s), "2h");
}

TEST(Units, ReadsSizesOfEveryUnit) {
  EXPECT_EQ(parseBytes("0"), 0u);
  EXPECT_EQ(parseBytes("1500"), 1500u);
  EXPECT_EQ(parseBytes("16KiB"), 16384u);
  EXPECT_EQ(parseBytes("1MiB"), 1048576u);
  EXPECT_EQ(parseBytes("2GiB"), 2147483648u);
}

TEST(Units, RefusesWhatIsNoSize) {
  for (const char* text : {"", "KiB", "16kB", "16KB", "16k", "16 KiB", "-1", "1.5MiB", "16kib", "unlimited",
                           "18446744073709551616", "17179869184GiB"}) {
    EXPECT_EQ(parseBytes(text), std::nullopt) << text;
  }
}

TEST(Units, PrintsSizesSoThatTheyReadBack) {
  EXPECT_EQ(formatBytes(0), "0");
  EXPECT_EQ(formatBytes(60 * 1024), "60KiB");
  for (const uint64_t value :
       {uint64_t{1}, uint64_t{1023}, uint64_t{1} << 20, uint64_t{3} << 30, std::numeric_limits<uint64_t>::max()}) {
    EXPECT_EQ(parseBytes(formatBytes(value)), value);
  }
}

}  // namespace
}  // namespace headgate::config
