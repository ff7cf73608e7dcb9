#include "filters/compress/eligibility.h"

#include <gtest/gtest.h>

namespace headgate::filters::compress {
namespace {

class Eligibility : public testing::Test {
 protected:
  Eligibility() {
    response_.status = 200;
    response_.headers.add("content-type", "text/html; charset=utf-8");
  }
  [[nodiscard]] bool eligible() const { return isEligible(response_, types_, 1024); }

  base::ChunkPool pool_;
  base::Arena arena_{pool_};
  http::MessageHead response_{arena_};
  MediaTypes types_ = MediaTypes::usual();
};

TEST_F(Eligibility, IsForWholeRepresentations) {
  for (const uint16_t status : {200, 201, 203, 400, 404, 500}) {
    response_.status = status;
    EXPECT_TRUE(eligible()) << status;
  }
  for (const uint16_t status : {101, 204, 205, 206, 304}) {
    response_.status = status;
    EXPECT_FALSE(eligible()) << status;
  }
}

TEST_F(Eligibility, IsNotForWhatIsShort) {
  response_.contentLength = 1023;
  EXPECT_FALSE(eligible());
  response_.contentLength = 1024;
  EXPECT_TRUE(eligible());
}

TEST_F(Eligibility, IsNotForWhatHasACodingAlready) {
  for (const char* coding : {"gzip", "br", "aes128gcm", "x-unknown"}) {
    response_.headers.set("content-encoding", coding);
    EXPECT_FALSE(eligible()) << coding;
  }
  response_.headers.set("content-encoding", "identity");
  EXPECT_TRUE(eligible());
}

TEST_F(Eligibility, IsNotForWhatMustNotBeTransformed) {
  response_.headers.add("cache-control", "public, No-Transform");
  EXPECT_FALSE(eligible());
}

TEST_F(Eligibility, IsNotForAPartOfARepresentation) {
  response_.headers.add("content-range", "bytes 0-9/10");
  EXPECT_FALSE(eligible());
}

TEST_F(Eligibility, IsForListedTypesAlone) {
  for (const char* type :
       {"TEXT/Plain", "application/json", "application/problem+json;q=1", "image/svg+xml", "text/event-stream"}) {
    response_.headers.set("content-type", type);
    EXPECT_TRUE(eligible()) << type;
  }
  for (const char* type :
       {"image/png", "application/pgp-encrypted", "application/jose", "video/mp4", "", "text", "text/"}) {
    response_.headers.set("content-type", type);
    EXPECT_FALSE(eligible()) << type;
  }
  response_.headers.remove("content-type");
  EXPECT_FALSE(eligible());
}

TEST_F(Eligibility, MarksTheHead) {
  response_.contentLength = 5000;
  response_.headers.add("etag", "\"abc\"");
  response_.headers.add("accept-ranges", "bytes");
  response_.headers.add("content-md5", "x");
  markEncoded(response_, Coding::Brotli);
  EXPECT_FALSE(response_.contentLength);
  EXPECT_EQ(response_.headers.get("content-encoding"), "br");
  EXPECT_EQ(response_.headers.get("etag"), "W/\"abc\"");
  EXPECT_EQ(response_.headers.find("accept-ranges"), nullptr);
  EXPECT_EQ(response_.headers.find("content-md5"), nullptr);
  markEncoded(response_, Coding::Brotli);
  EXPECT_EQ(response_.headers.get("etag"), "W/\"abc\"") << "a weak one stays";
}

TEST_F(Eligibility, AddsVaryOnce) {
  addVary(response_.headers);
  addVary(response_.headers);
  EXPECT_EQ(response_.headers.get("vary"), "accept-encoding");
  response_.headers.set("vary", "origin, Accept-Encoding");
  addVary(response_.headers);
  EXPECT_EQ(response_.headers.get("vary"), "origin, Accept-Encoding");
  response_.headers.set("vary", "*");
  addVary(response_.headers);
  EXPECT_EQ(response_.headers.get("vary"), "*");
}

TEST(MediaTypes, RefusesWhatIsNone) {
  MediaTypes types;
  for (const char* text : {"", "text", "text/", "/plain", "+", "*/*", "text/a*", "text plain", "a/b/c"}) {
    EXPECT_FALSE(types.add(text)) << text;
  }
}

}  // namespace
}  // namespace headgate::filters::compress
