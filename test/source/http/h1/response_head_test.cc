// The response half of source/http/h1/head_parser.h.

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "test/support/h1_messages.h"

namespace headgate::http::h1 {
namespace {

using base::ErrorCode;
using test::FieldTexts;
using test::HeadKind;
using test::kResponse;
using test::ParsedHead;
using test::parseInSteps;
using test::parseWhole;

const HeadKind kAnswerToHead{.isResponse = true, .request = Method::Head};
const HeadKind kAnswerToUpgrade{.isResponse = true, .upgradeRequested = true};

std::string ok(std::string_view fields) { return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "\r\n"; }
std::string status(std::string_view code, std::string_view fields) {
  return "HTTP/1.1 " + std::string(code) + " X\r\n" + std::string(fields) + "\r\n";
}
constexpr const char* kLength = "Content-Length: 5\r\n";
constexpr const char* kChunked = "Transfer-Encoding: chunked\r\n";

struct Rule {
  const char* section;
  std::string bytes;
  bool accepted;
};
std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.section << ": " << rule.bytes; }

class ResponseRules : public testing::TestWithParam<Rule> {};

TEST_P(ResponseRules, Hold) {
  const Rule& rule = GetParam();
  const ParsedHead whole = parseWhole(rule.bytes, kResponse);
  EXPECT_FALSE(whole.needsMore);
  EXPECT_EQ(whole.done(), rule.accepted) << whole.message;
  EXPECT_EQ(whole.error.value_or(ErrorCode::UpstreamProtocol), ErrorCode::UpstreamProtocol);
  for (const size_t step : {size_t{1}, size_t{2}, size_t{5}})
    EXPECT_EQ(parseInSteps(rule.bytes, step, kResponse), whole);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9112, ResponseRules,
    testing::Values(
        Rule{"4 status-line", ok(""), true}, Rule{"4 empty reason", "HTTP/1.1 200 \r\n\r\n", true},
        Rule{"4 no reason and no space", "HTTP/1.1 200\r\n\r\n", true},
        Rule{"4 any reason", "HTTP/1.0 404 Not  Found\there \xC3\xA9\r\n\r\n", true},
        Rule{"4 control in the reason", "HTTP/1.1 200 O\x01K\r\n\r\n", false},
        Rule{"4 bare CR in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", false},
        Rule{"4 no status", "HTTP/1.1 \r\n\r\n", false}, Rule{"4 two digits", "HTTP/1.1 20 OK\r\n\r\n", false},
        Rule{"4 four digits", "HTTP/1.1 2000 OK\r\n\r\n", false}, Rule{"4 letters", "HTTP/1.1 2xx OK\r\n\r\n", false},
        Rule{"4 two spaces", "HTTP/1.1  200 OK\r\n\r\n", false}, Rule{"4 tab", "HTTP/1.1\t200 OK\r\n\r\n", false},
        Rule{"9110 15 status 100", status("100", ""), true}, Rule{"9110 15 status 099", status("099", ""), false},
        Rule{"9110 15 status 599", status("599", ""), true}, Rule{"9110 15 status 600", status("600", ""), false},
        Rule{"2.3 HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", false}, Rule{"2.3 HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", false},
        Rule{"2.3 lower case", "http/1.1 200 OK\r\n\r\n", false}, Rule{"2.3 HTTP/0.9", "<html>", false},
        Rule{"2.3 another protocol", "ICY 200 OK\r\n\r\n", false},
        Rule{"2.2 empty line before", "\r\n" + ok(""), false}, Rule{"2.2 bare LF", "HTTP/1.1 200 OK\n\n", false},
        Rule{"2.2 bare LF in fields", ok("A: b\nC: d\r\n"), false},
        Rule{"5.1 space before the colon", ok("A : b\r\n"), false}, Rule{"5.2 obs-fold", ok("A: b\r\n c\r\n"), false},
        Rule{"6.3 two lengths", ok("Content-Length: 5\r\nContent-Length: 5\r\n"), false},
        Rule{"6.3 length and chunked", ok(std::string(kLength) + kChunked), false},
        Rule{"6.1 gzip, chunked", ok("Transfer-Encoding: gzip, chunked\r\n"), false},
        Rule{"6.1 chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false},
        Rule{"9110 8.6 length in 204", status("204", kLength), false},
        Rule{"9110 8.6 length 0 in 204", status("204", "Content-Length: 0\r\n"), true},
        Rule{"9110 8.6 length 00 in 204", status("204", "Content-Length: 00\r\n"), false},
        Rule{"9110 8.6 two lengths in 204", status("204", "Content-Length: 0\r\nContent-Length: 0\r\n"), false},
        Rule{"9110 8.6 length 0 in 1xx", status("103", "Content-Length: 0\r\n"), false},
        Rule{"9110 8.6 length in 1xx", status("103", kLength), false},
        Rule{"6.1 chunked in 204", status("204", kChunked), false},
        Rule{"6.1 chunked in 1xx", status("100", kChunked), false},
        Rule{"6.1 chunked in 304", status("304", kChunked), true},
        Rule{"8.6 length in 304", status("304", kLength), true},
        Rule{"9110 15.2.2 101 unasked", status("101", "Connection: upgrade\r\nUpgrade: websocket\r\n"), false}));

TEST(H1ResponseHead, ReadsEveryPart) {
  const ParsedHead head = parseWhole(
      "HTTP/1.1 201 Created\r\nSERVER: x\r\nSet-Cookie: a\r\nContent-Length: 5\r\nSet-Cookie: b\r\n\r\nhello",
      kResponse);
  ASSERT_TRUE(head.done()) << head.message;
  EXPECT_EQ(head.status, 201);
  EXPECT_EQ(head.fields, (FieldTexts{{"server", "x"}, {"set-cookie", "a"}, {"set-cookie", "b"}}));
  EXPECT_EQ(head.contentLength, 5U);
  EXPECT_EQ(head.framing, BodyFraming::ContentLength);
  EXPECT_TRUE(head.keepAlive);
  EXPECT_EQ(head.wireBytes, head.consumed);
}

TEST(H1ResponseHead, FramesAsRfc9112Section63) {
  EXPECT_EQ(parseWhole(ok(kLength), kResponse).framing, BodyFraming::ContentLength);
  EXPECT_EQ(parseWhole(ok(kChunked), kResponse).framing, BodyFraming::Chunked);
  EXPECT_EQ(parseWhole(ok(""), kResponse).framing, BodyFraming::UntilClose);
  for (const char* code : {"100", "103", "204", "304"})
    EXPECT_EQ(parseWhole(status(code, ""), kResponse).framing, BodyFraming::None) << code;
  for (const auto& fields : {"", kLength, kChunked})
    EXPECT_EQ(parseWhole(ok(fields), kAnswerToHead).framing, BodyFraming::None) << fields;
}

TEST(H1ResponseHead, KeepsTheLengthThatHeadAnd304Declare) {
  EXPECT_EQ(parseWhole(ok(kLength), kAnswerToHead).contentLength, 5U);
  EXPECT_EQ(parseWhole(status("304", kLength), kResponse).contentLength, 5U);
  EXPECT_EQ(parseWhole(status("304", ""), kResponse).contentLength, std::nullopt);
}

TEST(H1ResponseHead, ForgetsTheLengthOf204) {
  const ParsedHead parsed = parseWhole(status("204", "Content-Length: 0\r\n"), kResponse);
  EXPECT_EQ(parsed.framing, BodyFraming::None);
  EXPECT_EQ(parsed.contentLength, std::nullopt) << "RFC 9110 section 8.6: it must not be sent on";
  EXPECT_TRUE(parsed.keepAlive);
}

TEST(H1ResponseHead, PersistsUnlessSaidOtherwiseOrEndedByTheConnection) {
  EXPECT_TRUE(parseWhole(ok(kLength), kResponse).keepAlive);
  EXPECT_FALSE(parseWhole(ok(""), kResponse).keepAlive);
  EXPECT_FALSE(parseWhole(ok("Connection: close\r\nContent-Length: 5\r\n"), kResponse).keepAlive);
  EXPECT_FALSE(parseWhole("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", kResponse).keepAlive);
  EXPECT_TRUE(
      parseWhole("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", kResponse).keepAlive);
  EXPECT_TRUE(parseWhole(status("204", ""), kResponse).keepAlive);
}

TEST(H1ResponseHead, ReadsHowLongTheConnectionIsKept) {
  const auto timeout = [](std::string_view value) {
    return parseWhole(ok("Keep-Alive: " + std::string(value) + "\r\n"), kResponse).keepAliveTimeoutS;
  };
  EXPECT_EQ(timeout("timeout=5, max=100"), 5U);
  EXPECT_EQ(timeout("max=100,Timeout=7"), 7U);
  EXPECT_EQ(timeout("timeout=99999999999"), 4294967295U);
  EXPECT_EQ(timeout("timeout=x"), 0U);
  EXPECT_EQ(timeout("max=5"), 0U);
  EXPECT_EQ(parseWhole(ok(""), kResponse).keepAliveTimeoutS, 0U);
}

TEST(H1ResponseHead, SwitchesProtocolsWhenAskedTo) {
  const std::string switching =
      status("101", "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: x\r\n");
  const ParsedHead head = parseWhole(switching, kAnswerToUpgrade);
  ASSERT_TRUE(head.done()) << head.message;
  EXPECT_EQ(head.protocol, "websocket");
  EXPECT_EQ(head.framing, BodyFraming::None);
  EXPECT_FALSE(head.keepAlive);
  EXPECT_EQ(head.fields, (FieldTexts{{"sec-websocket-accept", "x"}}));
  EXPECT_FALSE(parseWhole(status("101", ""), kAnswerToUpgrade).done());
  EXPECT_FALSE(parseWhole(status("101", "Upgrade: websocket\r\n"), kAnswerToUpgrade).done());
  EXPECT_FALSE(parseWhole("HTTP/1.0 101 X\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n", kAnswerToUpgrade).done());
}

TEST(H1ResponseHead, AnUpgradeThatIsOnlyOfferedIsDropped) {
  const ParsedHead head =
      parseWhole(ok("Connection: upgrade\r\nUpgrade: h2,websocket\r\nContent-Length: 0\r\n"), kResponse);
  ASSERT_TRUE(head.done());
  EXPECT_EQ(head.protocol, "");
  EXPECT_TRUE(head.fields.empty());
}

TEST(H1ResponseHead, ErrorsNameTheSideAndTheReason) {
  base::ChunkPool pool;
  base::Arena arena(pool);
  MessageHead head(arena);
  HeadFacts facts;
  const auto result = ResponseHeadParser::parse(status("204", kLength), 0, {}, Method::Get, false, head, facts);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::UpstreamProtocol);
  EXPECT_EQ(result.error().source, base::ErrorSource::Upstream);
  EXPECT_FALSE(result.error().retryable);
  EXPECT_EQ(result.error().message, "Content-Length in a response of status 204");
}

TEST(H1ResponseHead, LimitsAreExact) {
  const std::string bytes = ok("A: b\r\nB: c\r\n");
  HeadLimits limits{.maxBytes = static_cast<uint32_t>(bytes.size()), .maxFields = 2};
  EXPECT_TRUE(parseWhole(bytes, kResponse, limits).done());
  --limits.maxBytes;
  EXPECT_EQ(parseWhole(bytes, kResponse, limits).error, ErrorCode::UpstreamProtocol);
  EXPECT_EQ(parseInSteps(bytes, 1, kResponse, limits).error, ErrorCode::UpstreamProtocol);
  limits = {.maxFields = 1};
  EXPECT_EQ(parseWhole(bytes, kResponse, limits).error, ErrorCode::UpstreamProtocol);
}

TEST(H1ResponseHead, ABadStatusLineIsRefusedBeforeTheHeadIsComplete) {
  EXPECT_EQ(parseWhole("HTTP/1.1 999 X\r\n", kResponse).error, ErrorCode::UpstreamProtocol);
  EXPECT_EQ(parseWhole("S", kResponse).error, ErrorCode::UpstreamProtocol);
  EXPECT_TRUE(parseWhole("HTTP/1.1 200 OK\r\n", kResponse).needsMore);
}

}  // namespace
}  // namespace headgate::http::h1
