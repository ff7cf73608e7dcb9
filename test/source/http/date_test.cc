#include "source/http/date.h"

#include <gtest/gtest.h>

namespace headgate::http {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(DateText, IsTheFixedFormOfRfc9110) {
  DateText date;
  EXPECT_EQ(date.of(784'111'777 * kSecond), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date.of(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date.of(951'868'799 * kSecond + 999'999'999), "Tue, 29 Feb 2000 23:59:59 GMT");
  EXPECT_EQ(date.of(4'102'444'800 * kSecond), "Fri, 01 Jan 2100 00:00:00 GMT");
}

TEST(DateText, IsMadeAnewWhenTheSecondChanges) {
  DateText date;
  EXPECT_EQ(date.of(kSecond - 1), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date.of(kSecond), "Thu, 01 Jan 1970 00:00:01 GMT");
}

}  // namespace
}  // namespace headgate::http
