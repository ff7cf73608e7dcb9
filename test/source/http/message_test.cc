#include "source/http/message.h"

#include <gtest/gtest.h>

#include <array>

namespace headgate::http {
namespace {

constexpr std::array kNamed{Method::Get,     Method::Head,    Method::Post,  Method::Put,  Method::Delete,
                            Method::Connect, Method::Options, Method::Trace, Method::Patch};

TEST(Method, EveryNamedOneIsReadFromItsText) {
  for (const Method method : kNamed) {
    EXPECT_FALSE(text(method).empty());
    EXPECT_EQ(parseMethod(text(method)), method) << text(method);
  }
}

TEST(Method, IsCaseSensitive) { EXPECT_EQ(parseMethod("get"), Method::Other); }

TEST(Method, AnyFurtherTokenIsOther) {
  for (const auto* token : {"", "PURGE", "GETS", "GE", "PROPFIND"}) EXPECT_EQ(parseMethod(token), Method::Other);
}

// RFC 9110 section 9.2.2.
TEST(Method, OnlyThoseThatMayBeRepeatedAreIdempotent) {
  for (const Method method : {Method::Get, Method::Head, Method::Put, Method::Delete, Method::Options, Method::Trace}) {
    EXPECT_TRUE(isIdempotent(method)) << text(method);
  }
  for (const Method method : {Method::Post, Method::Patch, Method::Connect, Method::Other}) {
    EXPECT_FALSE(isIdempotent(method)) << text(method);
  }
}

TEST(Version, IsWrittenAsOnTheWire) {
  EXPECT_EQ(text(Version::Http10), "HTTP/1.0");
  EXPECT_EQ(text(Version::Http11), "HTTP/1.1");
  EXPECT_EQ(text(Version::Http2), "HTTP/2");
}

TEST(MessageHead, APathEndsAtItsQuery) {
  base::ChunkPool chunks;
  base::Arena arena(chunks);
  MessageHead head(arena);
  head.path = "/a/b?c=/d?e";
  EXPECT_EQ(head.pathWithoutQuery(), "/a/b");
  head.path = "/a";
  EXPECT_EQ(head.pathWithoutQuery(), "/a");
  head.path = "*";
  EXPECT_EQ(head.pathWithoutQuery(), "*");
}

}  // namespace
}  // namespace headgate::http
