#include "filters/compress/encoder.h"

#include <gtest/gtest.h>

#include <random>

#include "test/filters/compress/decode.h"

namespace headgate::filters::compress {
namespace {

constexpr Coding kAll[] = {Coding::Gzip, Coding::Brotli, Coding::Zstd};

std::string text(size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  const char* words[] = {"water", "gate", "channel ", "{\"id\":", "field", "\n", "0123456789", "x"};
  std::string result;
  while (result.size() < bytes) result += words[random() % std::size(words)];
  result.resize(bytes);
  return result;
}

TEST(Encoder, MakesWhatAReaderReads) {
  base::SlabPool slabs;
  for (const Coding coding : kAll) {
    const CodingFacts& codingFacts = facts(coding);
    for (const int level : {codingFacts.minLevel, codingFacts.defaultLevel, codingFacts.maxLevel}) {
      const auto encoder = Encoder::make(coding, level);
      ASSERT_NE(encoder, nullptr);
      for (const size_t size : {0, 1, 5000, 300'000}) {
        ASSERT_TRUE(encoder->restart());
        base::Buffer in(slabs);
        base::Buffer out(slabs);
        const std::string body = text(size, 7);
        in.append(body);
        ASSERT_TRUE(encoder->encode(in, out, true));
        EXPECT_TRUE(in.empty());
        const Decoded decoded = decode(coding, out.toString());
        EXPECT_EQ(decoded.text, body);
        EXPECT_TRUE(decoded.ended) << codingFacts.token << ' ' << size;
        if (size > 1000) {
          EXPECT_LT(out.size(), size / 2);
        }
      }
    }
  }
}

TEST(Encoder, LetsTheReaderReadEachPieceAtOnce) {
  base::SlabPool slabs;
  std::mt19937 random(3);
  for (const Coding coding : kAll) {
    const auto encoder = Encoder::make(coding, facts(coding).defaultLevel);
    ASSERT_TRUE(encoder->restart());
    std::string sent;
    std::string received;
    for (int i = 0; i < 50; ++i) {
      const std::string piece = text(random() % 10 == 0 ? 70'000 : random() % 200, i);
      sent += piece;
      base::Buffer in(slabs);
      base::Buffer out(slabs);
      in.append(piece);
      ASSERT_TRUE(encoder->encode(in, out, false));
      received += out.toString();
      ASSERT_EQ(decode(coding, received).text, sent) << facts(coding).token << ' ' << i;
    }
    base::Buffer in(slabs);
    base::Buffer out(slabs);
    ASSERT_TRUE(encoder->encode(in, out, true));
    received += out.toString();
    const Decoded all = decode(coding, received);
    EXPECT_EQ(all.text, sent);
    EXPECT_TRUE(all.ended);
  }
}

TEST(Encoder, ForgetsABodyThatWasNotEnded) {
  base::SlabPool slabs;
  for (const Coding coding : kAll) {
    const auto encoder = Encoder::make(coding, facts(coding).defaultLevel);
    base::Buffer in(slabs);
    base::Buffer out(slabs);
    ASSERT_TRUE(encoder->restart());
    in.append("secret of another");
    ASSERT_TRUE(encoder->encode(in, out, false));
    out.clear();
    ASSERT_TRUE(encoder->restart());
    in.append("mine");
    ASSERT_TRUE(encoder->encode(in, out, true));
    EXPECT_EQ(decode(coding, out.toString()).text, "mine");
  }
}

}  // namespace
}  // namespace headgate::filters::compress
