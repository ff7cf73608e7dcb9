#include "filters/router/hash_key.h"

#include <gtest/gtest.h>

#include "source/upstream/lb/hash.h"

namespace headgate::filters::router {
namespace {

using upstream::HashKeyConfig;
using upstream::lb::hashOf;

class HashKeyTest : public testing::Test {
 protected:
  HashKey keyOf(HashKeyConfig::Kind kind, const std::string& name = "") {
    return hashKeyOf({kind, name}, head_, "192.0.2.1", arena_, 0xabc);
  }

  base::ChunkPool chunks_;
  base::Arena arena_{chunks_};
  http::MessageHead head_{arena_};
};

TEST_F(HashKeyTest, IsTheValueOfTheHeader) {
  EXPECT_EQ(keyOf(HashKeyConfig::Kind::Header, "x-user").hash, std::nullopt);
  head_.headers.add("x-user", "ada");
  EXPECT_EQ(keyOf(HashKeyConfig::Kind::Header, "x-user").hash, hashOf("ada"));
}

TEST_F(HashKeyTest, IsTheAddressOfTheClient) {
  EXPECT_EQ(keyOf(HashKeyConfig::Kind::RemoteAddress).hash, hashOf("192.0.2.1"));
}

TEST_F(HashKeyTest, IsTheValueOfTheCookieWhereverThatStands) {
  for (const char* value : {"id=7", "a=1; id=7", "a=1;id=7; b=2", "xid=5; id=7"}) {
    head_.headers.set("cookie", value);
    EXPECT_EQ(keyOf(HashKeyConfig::Kind::Cookie, "id").hash, hashOf("7")) << value;
    EXPECT_EQ(keyOf(HashKeyConfig::Kind::Cookie, "id").newCookie, "") << value;
  }
}

TEST_F(HashKeyTest, MakesACookieThatIsNotThere) {
  head_.headers.add("cookie", "idx=7; i=7; id");
  const HashKey key = keyOf(HashKeyConfig::Kind::Cookie, "id");
  EXPECT_EQ(key.newCookie, "id=0000000000000abc; Path=/; HttpOnly");
  EXPECT_EQ(key.hash, hashOf("0000000000000abc"));
}

}  // namespace
}  // namespace headgate::filters::router
