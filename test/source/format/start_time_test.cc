#include "source/format/start_time.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <limits>
#include <random>
#include <string>

namespace headgate::format {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(StartTimeText, IsIso8601WithMilliseconds) {
  StartTimeText text;
  EXPECT_EQ(text.of(1'460'751'437 * kSecond + 310'999'999), "2016-04-15T20:17:17.310Z");
}

TEST(StartTimeText, ChangesWithTheMillisecondAndTheSecond) {
  StartTimeText text;
  EXPECT_EQ(text.of(951'782'399 * kSecond + 999'000'000), "2000-02-28T23:59:59.999Z");
  EXPECT_EQ(text.of(951'782'400 * kSecond), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(text.of(951'782'400 * kSecond + 7'000'000), "2000-02-29T00:00:00.007Z");
  EXPECT_EQ(text.of(951'782'399 * kSecond), "2000-02-28T23:59:59.000Z") << "back again";
}

TEST(StartTimeText, IsEmptyForATimeThatNoClockGave) {
  StartTimeText text;
  EXPECT_EQ(text.of(0), "");
  EXPECT_EQ(text.of(-5), "");
}

TEST(StartTimeText, AgreesWithTheSystemOnAnyTime) {
  std::mt19937_64 random(11);
  StartTimeText text;
  for (int i = 0; i < 2000; ++i) {
    const auto time = static_cast<int64_t>(random() % static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) + 1;
    const std::time_t second = time / kSecond;
    std::tm parts{};
    gmtime_r(&second, &parts);
    char expected[32];
    ASSERT_GT(std::strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S.", &parts), 0U);
    ASSERT_EQ(text.of(time).substr(0, 20), expected);
  }
}

}  // namespace
}  // namespace headgate::format
