#include "filters/cors/origins.h"

#include <gtest/gtest.h>

namespace headgate::filters::cors {
namespace {

Origins of(std::initializer_list<const char*> texts) {
  Origins origins;
  for (const char* text : texts) EXPECT_TRUE(origins.add(text)) << text;
  return origins;
}

TEST(Origins, HoldExactOnes) {
  const Origins origins = of({"https://A.example", "http://a.example:8080", "null"});
  for (const char* in : {"https://a.example", "http://a.example:8080", "null"}) EXPECT_TRUE(origins.contains(in)) << in;
  for (const char* out :
       {"http://a.example", "https://a.example:443", "https://b.a.example", "", "https://a.example/"}) {
    EXPECT_FALSE(origins.contains(out)) << out;
  }
}

TEST(Origins, HoldTheNamesBelowAName) {
  const Origins origins = of({"https://*.a.example", "http://*.b.example:81"});
  for (const char* in : {"https://x.a.example", "https://x.y.a.example", "http://x.b.example:81"}) {
    EXPECT_TRUE(origins.contains(in)) << in;
  }
  for (const char* out :
       {"https://a.example", "https://.a.example", "https://evil-a.example", "http://x.a.example",
        "https://x.a.example:8443", "https://evil.example/x.a.example", "https://evil.example:1.a.example",
        "https://user@x.a.example", "https://evil.example#.a.example", "http://x.b.example", "https://x.a.example.evil",
        "https://"}) {
    EXPECT_FALSE(origins.contains(out)) << out;
  }
}

TEST(Origins, HoldWhatARegexMatchesAsAWhole) {
  Origins origins;
  ASSERT_TRUE(origins.addRegex("https://pr-[0-9]+\\.example"));
  EXPECT_TRUE(origins.contains("https://pr-7.example"));
  EXPECT_FALSE(origins.contains("https://pr-7.example.evil"));
  EXPECT_FALSE(origins.contains("xhttps://pr-7.example"));
  EXPECT_FALSE(origins.addRegex("("));
}

TEST(Origins, HoldEverybodyWhenTold) { EXPECT_TRUE(of({"*"}).contains("https://whoever")); }

TEST(Origins, RefuseWhatIsNone) {
  for (const char* text : {"", "a.example", "https://", "https://*", "https://*.", "https://a.example/", "https://a b",
                           "*.a.example", "https://a.*.example", "://a"}) {
    Origins origins;
    EXPECT_FALSE(origins.add(text)) << text;
  }
}

}  // namespace
}  // namespace headgate::filters::cors
