#include "source/http/h1/body_decoder.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "test/support/h1_messages.h"

namespace headgate::http::h1 {
namespace {

using base::ErrorCode;
using base::ErrorSource;
using test::DecodedBody;
using test::decodeInSteps;
using test::decodeWhole;
using test::FieldTexts;

struct ChunkRule {
  const char* section;  // of RFC 9112
  std::string bytes;
  std::optional<std::string> body;  // empty: refused
};
std::ostream& operator<<(std::ostream& out, const ChunkRule& rule) { return out << rule.section << ": " << rule.bytes; }

class ChunkRules : public testing::TestWithParam<ChunkRule> {};

TEST_P(ChunkRules, HoldInEveryPiece) {
  const ChunkRule& rule = GetParam();
  const DecodedBody whole = decodeWhole(rule.bytes, BodyFraming::Chunked);
  if (rule.body) {
    EXPECT_FALSE(whole.error) << whole.message;
    EXPECT_TRUE(whole.complete);
    EXPECT_EQ(whole.body, *rule.body);
    EXPECT_EQ(whole.consumed, rule.bytes.size());
  } else {
    EXPECT_EQ(whole.error, ErrorCode::BadRequest) << whole.body;
    EXPECT_FALSE(whole.complete);
    EXPECT_FALSE(whole.endsWithConnection);
  }
  for (size_t step = 1; step < rule.bytes.size(); ++step) {
    DecodedBody pieces = decodeInSteps(rule.bytes, step, BodyFraming::Chunked);
    pieces.consumed = whole.consumed;  // on an error, how much of the piece was taken says nothing
    EXPECT_EQ(pieces, whole) << step;
  }
}

constexpr std::nullopt_t kRefused = std::nullopt;
const std::string kNul(1, '\0');
const std::string kLongExtension = ";a=" + std::string(253, 'b');  // 256 bytes

INSTANTIATE_TEST_SUITE_P(
    Rfc9112Section71, ChunkRules,
    testing::Values(
        ChunkRule{"7.1 chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
        ChunkRule{"7.1 last chunk alone", "0\r\n\r\n", ""}, ChunkRule{"7.1 many zeros", "000\r\n\r\n", ""},
        ChunkRule{"7.1 hexadecimal", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
        ChunkRule{"7.1 leading zeros", "0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"},
        ChunkRule{"7.1 17 digits", "00000000000000005\r\nhello\r\n0\r\n\r\n", kRefused},
        ChunkRule{"7.1 CRLF within data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
        ChunkRule{"7.1 overflow of 2^63-1", "8000000000000000\r\n", kRefused},
        ChunkRule{"7.1 overflow of 2^64", "10000000000000005\r\nhello\r\n", kRefused},
        ChunkRule{"7.1 empty size", "\r\n", kRefused}, ChunkRule{"7.1 no size before extension", ";a\r\n", kRefused},
        ChunkRule{"7.1 signed", "+5\r\nhello\r\n", kRefused}, ChunkRule{"7.1 negative", "-5\r\nhello\r\n", kRefused},
        ChunkRule{"7.1 prefixed", "0x5\r\nhello\r\n", kRefused}, ChunkRule{"7.1 underscore", "1_0\r\n", kRefused},
        ChunkRule{"7.1 space before", " 5\r\nhello\r\n", kRefused},
        ChunkRule{"7.1 space behind", "5 \r\nhello\r\n", kRefused},
        ChunkRule{"7.1 tab behind", "5\t\r\nhello\r\n", kRefused},
        ChunkRule{"7.1 NUL behind", "5" + kNul + "\r\nhello\r\n", kRefused},
        ChunkRule{"2.2 bare LF behind the size", "5\nhello\r\n0\r\n\r\n", kRefused},
        ChunkRule{"2.2 bare CR behind the size", "5\rhello\r\n0\r\n\r\n", kRefused},
        ChunkRule{"7.1 data too long", "5\r\nhelloX\r\n0\r\n\r\n", kRefused},
        ChunkRule{"7.1 no CRLF behind data", "5\r\nhello0\r\n\r\n", kRefused},
        ChunkRule{"2.2 bare LF behind data", "5\r\nhello\n0\r\n\r\n", kRefused},
        ChunkRule{"2.2 bare CR behind data", "5\r\nhello\r0\r\n\r\n", kRefused},
        ChunkRule{"2.2 bare LF at the end", "0\r\n\n", kRefused},
        ChunkRule{"2.2 bare LF behind the last chunk", "0\n\r\n", kRefused},
        ChunkRule{"7.1.1 extension", "5;a\r\nhello\r\n0\r\n\r\n", "hello"},
        ChunkRule{"7.1.1 value", "5;a=b;c=d\r\nhello\r\n0;e\r\n\r\n", "hello"},
        ChunkRule{"7.1.1 quoted", "5;a=\"b c;\\\"\\\\\t\xC3\"\r\nhello\r\n0\r\n\r\n", "hello"},
        ChunkRule{"7.1.1 quoted empty", "5;a=\"\";b\r\nhello\r\n0\r\n\r\n", "hello"},
        ChunkRule{"7.1.1 empty name", "5;\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 empty value", "5;a=\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 empty second", "5;a;;b\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 value without name", "5;=a\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 two values", "5;a=b=c\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 space", "5; a\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 bare LF", "5;a\nhello\r\n0\r\n\r\n", kRefused},
        ChunkRule{"7.1.1 bare CR", "5;a\rb\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 LF in quotes", "5;a=\"\n\"\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 CRLF in quotes", "5;a=\"\r\n\"\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 escaped CR", "5;a=\"\\\r\"\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 behind quotes", "5;a=\"b\"c\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 quote within a token", "5;a=b\"c\"\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 quoted name", "5;\"a\"\r\nhello\r\n", kRefused},
        ChunkRule{"7.1.1 NUL", "5;a" + kNul + "\r\nhello\r\n", kRefused},
        ChunkRule{"bound of 256 bytes", "1" + kLongExtension + "\r\na\r\n0\r\n\r\n", "a"},
        ChunkRule{"bound of 256 bytes, one more", "1" + kLongExtension + "b\r\na\r\n0\r\n\r\n", kRefused}));

TEST(H1BodyDecoder, ReadsTrailersAndDropsThoseThatMustNotBe) {
  const std::string bytes =
      "0\r\nX-Sum:  abc \r\nContent-Type: a/b\r\nTE: x\r\nConnection: x\r\nTrailer: y\r\nA: 1\r\nA: 2\r\n\r\n";
  for (size_t step = 1; step <= bytes.size(); ++step) {
    const DecodedBody decoded = decodeInSteps(bytes + "GET", step, BodyFraming::Chunked);
    ASSERT_TRUE(decoded.complete) << decoded.message;
    EXPECT_EQ(decoded.trailers, (FieldTexts{{"x-sum", "abc"}, {"a", "1"}, {"a", "2"}}));
    EXPECT_EQ(decoded.consumed, bytes.size());
  }
}

TEST(H1BodyDecoder, RefusesMalformedTrailers) {
  for (const char* trailers : {"A : b\r\n\r\n", " A: b\r\n\r\n", "A: b\r\n c\r\n\r\n", "A\r\n\r\n", "A: b\n\r\n",
                               "A: \x01\r\n\r\n", "A: b\r\n\n", ": b\r\n\r\n", "A: b\rc\r\n\r\n",
                               "Content-Length: 5\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n", "Host: b\r\n\r\n"}) {
    const std::string bytes = "0\r\n" + std::string(trailers);
    for (const size_t step : {size_t{1}, bytes.size()}) {
      const DecodedBody decoded = decodeInSteps(bytes, step, BodyFraming::Chunked);
      EXPECT_EQ(decoded.error, ErrorCode::BadRequest) << trailers;
      EXPECT_FALSE(decoded.complete) << trailers;
    }
  }
}

TEST(H1BodyDecoder, LimitsOfTrailersAreExact) {
  const std::string bytes = "0\r\nA: b\r\nC: d\r\n\r\n";
  HeadLimits limits{.maxBytes = 14, .maxFields = 2};
  const auto decode = [&](size_t step) {
    return decodeInSteps(bytes, step, BodyFraming::Chunked, 0, ErrorSource::Downstream, limits);
  };
  EXPECT_TRUE(decode(1).complete);
  EXPECT_TRUE(decode(100).complete);
  limits.maxBytes = 13;
  EXPECT_EQ(decode(1).error, ErrorCode::HeadersTooLarge);
  EXPECT_EQ(decode(100).error, ErrorCode::HeadersTooLarge);
  limits = {.maxFields = 1};
  EXPECT_EQ(decode(1).error, ErrorCode::HeadersTooLarge);
}

TEST(H1BodyDecoder, ATrailerLineWithoutEndIsBounded) {
  const DecodedBody decoded = decodeInSteps("0\r\nA: " + std::string(100000, 'a'), 4096, BodyFraming::Chunked);
  EXPECT_EQ(decoded.error, ErrorCode::HeadersTooLarge);
  EXPECT_LT(decoded.consumed, 70000U);
}

TEST(H1BodyDecoder, ErrorsAreOfTheSideThatSent) {
  const DecodedBody decoded = decodeInSteps("x", 1, BodyFraming::Chunked, 0, ErrorSource::Upstream);
  EXPECT_EQ(decoded.error, ErrorCode::UpstreamProtocol);
  EXPECT_EQ(decoded.message, "a chunk size begins with \"x\", expected a hexadecimal digit");
}

// RFC 9112 section 7.1.1: extensions must not be a way to make us read much for nothing.
TEST(H1BodyDecoder, ExtensionsMayNotOutweighTheData) {
  const auto chunks = [](size_t count, size_t extension, size_t data) {
    std::string bytes;
    char size[16];
    snprintf(size, sizeof size, "%zx", data);
    for (size_t i = 0; i < count; ++i)
      bytes += size + (";" + std::string(extension - 1, 'e')) + "\r\n" + std::string(data, 'd') + "\r\n";
    return bytes + "0\r\n\r\n";
  };
  EXPECT_TRUE(decodeWhole(chunks(1000, 100, 100), BodyFraming::Chunked).complete);
  EXPECT_TRUE(decodeWhole(chunks(41, 100, 1), BodyFraming::Chunked).complete);  // 4100 - 40 at the highest
  EXPECT_EQ(decodeWhole(chunks(42, 100, 1), BodyFraming::Chunked).error, ErrorCode::BadRequest);
}

TEST(H1BodyDecoder, CountsALength) {
  for (size_t step = 1; step < 10; ++step) {
    const DecodedBody decoded = decodeInSteps("helloNEXT", step, BodyFraming::ContentLength, 5);
    EXPECT_TRUE(decoded.complete);
    EXPECT_EQ(decoded.body, "hello");
    EXPECT_EQ(decoded.consumed, 5U);
  }
}

TEST(H1BodyDecoder, AShortBodyIsTruncated) {
  EXPECT_FALSE(decodeWhole("hell", BodyFraming::ContentLength, 5).endsWithConnection);
  EXPECT_FALSE(decodeWhole("5\r\nhello\r\n", BodyFraming::Chunked).endsWithConnection);
  EXPECT_FALSE(decodeWhole("5\r\nhello\r\n0\r\n", BodyFraming::Chunked).endsWithConnection);
  EXPECT_FALSE(decodeWhole("hell", BodyFraming::ContentLength, UINT64_MAX).complete);
}

TEST(H1BodyDecoder, NothingIsCompleteFromTheStart) {
  EXPECT_TRUE(decodeWhole("next", BodyFraming::None).complete);
  EXPECT_EQ(decodeWhole("next", BodyFraming::None).consumed, 0U);
  EXPECT_TRUE(decodeWhole("next", BodyFraming::ContentLength, 0).complete);
  EXPECT_EQ(decodeWhole("next", BodyFraming::ContentLength, 0).consumed, 0U);
}

TEST(H1BodyDecoder, UntilCloseEndsWithTheConnection) {
  const DecodedBody decoded = decodeWhole("anything", BodyFraming::UntilClose);
  EXPECT_FALSE(decoded.complete);
  EXPECT_TRUE(decoded.endsWithConnection);
  EXPECT_EQ(decoded.body, "anything");
}

class DecoderPieces : public testing::Test {
 protected:
  base::Slice slice(std::string_view bytes) { return test::sliceOf(slabs, bytes); }

  base::SlabPool slabs;
  base::ChunkPool chunks;
  base::Arena arena{chunks};
  HeaderList trailers{arena};
  base::Buffer out{slabs};
  BodyDecoder decoder;
};

TEST_F(DecoderPieces, LargeBodiesAreSharedAndNotCopied) {
  decoder.start(BodyFraming::ContentLength, 60000, ErrorSource::Upstream, {});
  base::Slice in = slice(std::string(60000, 'x'));
  const char* where = in.data();
  ASSERT_TRUE(*decoder.decode(in, out, trailers));
  EXPECT_EQ(out.front().data(), where);
  EXPECT_TRUE(in.empty());
}

TEST_F(DecoderPieces, AFailedBodyStaysFailedUntilTheNextOne) {
  decoder.start(BodyFraming::Chunked, 0, ErrorSource::Downstream, {});
  base::Slice bad = slice("zz");
  EXPECT_FALSE(decoder.decode(bad, out, trailers));
  base::Slice good = slice("0\r\n\r\n");
  EXPECT_FALSE(decoder.decode(good, out, trailers));
  EXPECT_FALSE(decoder.complete());
  decoder.start(BodyFraming::Chunked, 0, ErrorSource::Downstream, {});
  EXPECT_TRUE(*decoder.decode(good, out, trailers));
  EXPECT_TRUE(decoder.chunked());
}

TEST_F(DecoderPieces, OneDecoderServesOneBodyAfterAnother) {
  for (int i = 0; i < 3; ++i) {
    decoder.start(BodyFraming::Chunked, 0, ErrorSource::Downstream, {});
    base::Slice in = slice("1;a\r\nx\r\n0\r\nA: b\r\n\r\n");
    ASSERT_TRUE(*decoder.decode(in, out, trailers));
  }
  EXPECT_EQ(out.toString(), "xxx");
  EXPECT_EQ(trailers.size(), 3U);
}

}  // namespace
}  // namespace headgate::http::h1
