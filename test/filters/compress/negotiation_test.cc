#include "filters/compress/negotiation.h"

#include <gtest/gtest.h>

namespace headgate::filters::compress {
namespace {

std::string chosen(std::initializer_list<const char*> lines) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  http::HeaderList headers(arena);
  for (const char* line : lines) headers.add(http::HeaderName::AcceptEncoding, line);
  constexpr Coding kOffered[] = {Coding::Zstd, Coding::Brotli, Coding::Gzip};
  const std::optional<Coding> coding = negotiate(headers, kOffered);
  return coding ? std::string(facts(*coding).token) : "";
}

TEST(Negotiation, TakesTheFirstOfThoseThatTheClientLikesBest) {
  EXPECT_EQ(chosen({"gzip, deflate, br, zstd"}), "zstd");
  EXPECT_EQ(chosen({"gzip, deflate, br"}), "br");
  EXPECT_EQ(chosen({"gzip"}), "gzip");
  EXPECT_EQ(chosen({"GZip;Q=0.3, br ; q=0.2"}), "gzip");
  EXPECT_EQ(chosen({"br;q=1.0", "gzip;q=0.999"}), "br") << "several lines are one list";
  EXPECT_EQ(chosen({"x-gzip"}), "gzip");
  EXPECT_EQ(chosen({"*"}), "zstd");
  EXPECT_EQ(chosen({"zstd;q=0, *;q=0.5"}), "br");
  EXPECT_EQ(chosen({"gzip;q=0.5, *;q=0"}), "gzip");
}

TEST(Negotiation, LeavesAnAnswerPlainUnlessToldOtherwise) {
  EXPECT_EQ(chosen({}), "");
  EXPECT_EQ(chosen({""}), "");
  EXPECT_EQ(chosen({"deflate, compress"}), "");
  EXPECT_EQ(chosen({"gzip;q=0"}), "");
  EXPECT_EQ(chosen({"gzip;q=0.000"}), "");
  EXPECT_EQ(chosen({"identity;q=1, gzip;q=0.5"}), "");
  EXPECT_EQ(chosen({"identity;q=0.5, gzip;q=0.5"}), "gzip");
  EXPECT_EQ(chosen({"gzipped, brr"}), "");
}

TEST(Negotiation, TakesAMalformedWeightForNone) {
  for (const char* parameters :
       {";q", ";q=", ";q=2", ";q=1.001", ";q=0.1234", ";q=.5", ";q=0,5", ";q=-1", ";x=1", ";q=1;x"}) {
    EXPECT_EQ(weight(parameters), 0) << parameters;
  }
  EXPECT_EQ(weight(""), 1000);
  EXPECT_EQ(weight("; q=0.25"), 250);
  EXPECT_EQ(weight(";q=1."), 1000);
  EXPECT_EQ(weight(";q=0.007"), 7);
}

}  // namespace
}  // namespace headgate::filters::compress
