#include "admin/text64.h"

#include <gtest/gtest.h>

namespace headgate::admin {
namespace {

TEST(Text64, ReadsWhatItWrites) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode64(encode64(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
  EXPECT_EQ(encode64("user1"), "dXNlcjE");
}

TEST(Text64, RefusesEverythingElse) {
  for (const char* text : {"A", "dXNlcjE=", "dXNl cjE", "dXNlcjF", "+/", "\x80"})
    EXPECT_EQ(decode64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace headgate::admin
