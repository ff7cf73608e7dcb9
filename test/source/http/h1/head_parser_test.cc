#include "source/http/h1/head_parser.h"

#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>

#include "test/support/h1_messages.h"

namespace headgate::http::h1 {
namespace {

using base::ErrorCode;
using test::FieldTexts;
using test::ParsedHead;
using test::parseInSteps;
using test::parseWhole;

std::string get(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }
std::string post(std::string_view fields) { return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }

// ---- the rules, one a line: what is accepted, and what is refused with which status

constexpr std::nullopt_t kAccepted = std::nullopt;

struct Rule {
  const char* section;
  std::string bytes;
  std::optional<ErrorCode> refusal;
};
std::ostream& operator<<(std::ostream& out, const Rule& rule) { return out << rule.section << ": " << rule.bytes; }

class RequestRules : public testing::TestWithParam<Rule> {};

TEST_P(RequestRules, Hold) {
  const Rule& rule = GetParam();
  const ParsedHead whole = parseWhole(rule.bytes);
  EXPECT_FALSE(whole.needsMore);
  EXPECT_EQ(whole.error, rule.refusal) << whole.message;
  if (rule.refusal) {
    EXPECT_FALSE(whole.message.empty());
  } else {
    EXPECT_EQ(whole.consumed, rule.bytes.size());
  }
  for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}})
    EXPECT_EQ(parseInSteps(rule.bytes, step), whole);
}

const std::string kNul(1, '\0');

INSTANTIATE_TEST_SUITE_P(
    Rfc9112RequestLine, RequestRules,
    testing::Values(
        Rule{"3 request-line", get(""), kAccepted}, Rule{"2.2 an empty line before", "\r\n" + get(""), kAccepted},
        Rule{"2.2 four empty lines before", "\r\n\r\n\r\n\r\n" + get(""), kAccepted},
        Rule{"2.2 five empty lines before", "\r\n\r\n\r\n\r\n\r\n" + get(""), ErrorCode::BadRequest},
        Rule{"2.2 bare LF before", "\n" + get(""), ErrorCode::BadRequest},
        Rule{"2.2 bare CR before", "\r" + get(""), ErrorCode::BadRequest},
        Rule{"2.2 white space before", " " + get(""), ErrorCode::BadRequest},
        Rule{"2.2 bare LF ends the line", "GET / HTTP/1.1\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"2.2 bare LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", ErrorCode::BadRequest},
        Rule{"2.2 bare CR in the line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"2.2 two CR at the end", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 two spaces before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 two spaces before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 space at the end", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 tab instead of a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 tab before the version", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 space within the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3.1 any token is a method", "M-s!arch_9 / HTTP/1.1\r\nHost: a\r\n\r\n", kAccepted},
        Rule{"3.1 method is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3.1 empty method", " / HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 method alone", "GET\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3 empty target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"2.3 HTTP/0.9", "GET /\r\n", ErrorCode::BadRequest},
        Rule{"2.3 HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", kAccepted},
        Rule{"2.3 HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", ErrorCode::VersionNotSupported},
        Rule{"2.3 HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", ErrorCode::VersionNotSupported},
        Rule{"2.3 HTTP/0.9 by name", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", ErrorCode::VersionNotSupported},
        Rule{"RFC 9113 3.4 preface", "PRI * HTTP/2.0\r\n\r\n", ErrorCode::VersionNotSupported},
        Rule{"2.3 lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"2.3 another protocol", "GET / RTSP/1.0\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"2.3 two digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"2.3 no minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3.2 NUL in the target", "GET /" + kNul + " HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3.2 high byte in the target", "GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"3.2 fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"9110 9.3.6 CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", ErrorCode::MethodNotAllowed},
        Rule{"TLS hello", "\x16\x03\x01\x02", ErrorCode::BadRequest}));

INSTANTIATE_TEST_SUITE_P(
    Rfc9112Fields, RequestRules,
    testing::Values(
        Rule{"5 no space after the colon", get("A:b\r\n"), kAccepted},
        Rule{"5.1 white space around the value", get("A: \t b \t \r\n"), kAccepted},
        Rule{"5 empty value", get("A:\r\nB: \r\n"), kAccepted},
        Rule{"9110 5.5 obs-text", get("A: \xC3\xA9\xFF\r\n"), kAccepted},
        Rule{"9110 5.5 tab within", get("A: b\tc\r\n"), kAccepted},
        Rule{"5.1 space before the colon", get("A : b\r\n"), ErrorCode::BadRequest},
        Rule{"5.1 tab before the colon", get("Content-Length\t: 5\r\n"), ErrorCode::BadRequest},
        Rule{"5.2 obs-fold", get("A: b\r\n c\r\n"), ErrorCode::BadRequest},
        Rule{"5.2 obs-fold with tab", get("A: b\r\n\tc\r\n"), ErrorCode::BadRequest},
        Rule{"2.2 white space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", ErrorCode::BadRequest},
        Rule{"5 line without colon", get("Abc\r\n"), ErrorCode::BadRequest},
        Rule{"5 empty name", get(": b\r\n"), ErrorCode::BadRequest},
        Rule{"9110 5.1 name is no token", get("A(b: c\r\n"), ErrorCode::BadRequest},
        Rule{"9110 5.1 high byte in a name", get("A\xC3: c\r\n"), ErrorCode::BadRequest},
        Rule{"9110 5.1 NUL in a name", get("A" + kNul + ": c\r\n"), ErrorCode::BadRequest},
        Rule{"9110 5.5 NUL in a value", get("A: b" + kNul + "c\r\n"), ErrorCode::BadRequest},
        Rule{"9110 5.5 bare CR in a value", get("A: b\rc\r\n"), ErrorCode::BadRequest},
        Rule{"9110 5.5 CR CR LF", get("A: b\r\r\n"), ErrorCode::BadRequest},
        Rule{"9110 5.5 DEL in a value", get("A: b\x7F\r\n"), ErrorCode::BadRequest},
        Rule{"9110 5.5 escape in a value", get("A: \x1B[0m\r\n"), ErrorCode::BadRequest},
        Rule{"2.2 bare LF in a value", get("A: b\nC: d\r\n"), ErrorCode::BadRequest},
        Rule{"9110 8.3 Content-Type twice", get("Content-Type: a/b\r\nContent-Type: a/b\r\n"), ErrorCode::BadRequest},
        Rule{"9110 7.6.1 Connection option is no token", get("Connection: a b\r\n"), ErrorCode::BadRequest},
        Rule{"9110 7.6.1 empty Connection elements", get("Connection: , close,,\r\n"), kAccepted}));

INSTANTIATE_TEST_SUITE_P(
    Rfc9112Framing, RequestRules,
    testing::Values(
        Rule{"6.2 Content-Length", post("Content-Length: 5\r\n"), kAccepted},
        Rule{"6.2 zero", post("Content-Length: 0\r\n"), kAccepted},
        Rule{"6.2 leading zeros", post("Content-Length: 0005\r\n"), kAccepted},
        Rule{"6.2 the largest", post("Content-Length: 18446744073709551615\r\n"), kAccepted},
        Rule{"6.3 overflow", post("Content-Length: 18446744073709551616\r\n"), ErrorCode::BadRequest},
        Rule{"6.3 signed", post("Content-Length: +5\r\n"), ErrorCode::BadRequest},
        Rule{"6.3 negative", post("Content-Length: -5\r\n"), ErrorCode::BadRequest},
        Rule{"6.3 hexadecimal", post("Content-Length: 0x5\r\n"), ErrorCode::BadRequest},
        Rule{"6.3 spaced", post("Content-Length: 5 5\r\n"), ErrorCode::BadRequest},
        Rule{"6.3 empty", post("Content-Length:\r\n"), ErrorCode::BadRequest},
        Rule{"6.3 list of the same", post("Content-Length: 5, 5\r\n"), ErrorCode::BadRequest},
        Rule{"6.3 two of the same", post("Content-Length: 5\r\nContent-Length: 5\r\n"), ErrorCode::BadRequest},
        Rule{"6.3 two that differ", post("Content-Length: 5\r\nContent-Length: 6\r\n"), ErrorCode::BadRequest},
        Rule{"6.1 chunked", post("Transfer-Encoding: chunked\r\n"), kAccepted},
        Rule{"6.1 case", post("transfer-ENCODING: ChunkeD\r\n"), kAccepted},
        Rule{"6.1 chunked twice", post("Transfer-Encoding: chunked, chunked\r\n"), ErrorCode::BadRequest},
        Rule{"6.1 two lines", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
             ErrorCode::BadRequest},
        Rule{"6.1 two lines, identity", post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"),
             ErrorCode::BadRequest},
        Rule{"6.1 empty", post("Transfer-Encoding:\r\n"), ErrorCode::BadRequest},
        Rule{"6.1 empty element", post("Transfer-Encoding: , chunked\r\n"), ErrorCode::BadRequest},
        Rule{"6.1 gzip before", post("Transfer-Encoding: gzip, chunked\r\n"), ErrorCode::NotImplemented},
        Rule{"6.1 gzip behind", post("Transfer-Encoding: chunked, gzip\r\n"), ErrorCode::NotImplemented},
        Rule{"6.1 unknown", post("Transfer-Encoding: xchunked\r\n"), ErrorCode::NotImplemented},
        Rule{"6.1 vertical tab",
             post("Transfer-Encoding: \x0B"
                  "chunked\r\n"),
             ErrorCode::BadRequest},
        Rule{"6.1 quoted", post("Transfer-Encoding: \"chunked\"\r\n"), ErrorCode::NotImplemented},
        Rule{"6.1 HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", ErrorCode::BadRequest},
        Rule{"6.3 with Content-Length", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
             ErrorCode::BadRequest},
        Rule{"6.3 before Content-Length", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
             ErrorCode::BadRequest},
        Rule{"6.3 nominated away",
             post("Connection: Content-Length\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
             ErrorCode::BadRequest},
        Rule{"9110 9.3.8 TRACE with a body", "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n",
             ErrorCode::BadRequest},
        Rule{"9110 9.3.8 TRACE chunked", "TRACE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
             ErrorCode::BadRequest},
        Rule{"9110 9.3.8 TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", kAccepted},
        Rule{"9110 10.1.1 Expect", post("Expect: 100-Continue\r\nContent-Length: 1\r\n"), kAccepted},
        Rule{"9110 10.1.1 other expectation", post("Expect: 200-ok\r\n"), ErrorCode::ExpectationFailed},
        Rule{"9110 10.1.1 one of two", post("Expect: 100-continue, x\r\n"), ErrorCode::ExpectationFailed},
        Rule{"9110 10.1.1 HTTP/1.0", "POST / HTTP/1.0\r\nExpect: x\r\n\r\n", kAccepted}));

// ---- what comes out

TEST(H1RequestHead, ReadsEveryPart) {
  const ParsedHead head = parseWhole(
      "PATCH /a/../b?c=%41 HTTP/1.1\r\nHOST: Example.COM:8080\r\nAccept-ENCODING:  gzip, br \r\nX-Thing: A B\r\n"
      "Content-Length: 12\r\n\r\nbody");
  ASSERT_TRUE(head.done()) << head.message;
  EXPECT_EQ(head.method, Method::Patch);
  EXPECT_EQ(head.methodText, "PATCH");
  EXPECT_EQ(head.authority, "example.com:8080");
  EXPECT_EQ(head.path, "/b?c=%41");
  EXPECT_EQ(head.version, Version::Http11);
  EXPECT_EQ(head.fields, (FieldTexts{{"accept-encoding", "gzip, br"}, {"x-thing", "A B"}}));
  EXPECT_EQ(head.contentLength, 12U);
  EXPECT_EQ(head.framing, BodyFraming::ContentLength);
  EXPECT_TRUE(head.keepAlive);
  EXPECT_EQ(head.wireBytes, head.consumed);
  EXPECT_EQ(head.consumed, 119U);
}

TEST(H1RequestHead, KeepsUnknownMethodsAndSeveralLinesOfOneName) {
  const ParsedHead head = parseWhole("BREW / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nA: 3\r\n\r\n");
  EXPECT_EQ(head.method, Method::Other);
  EXPECT_EQ(head.methodText, "BREW");
  EXPECT_EQ(head.fields, (FieldTexts{{"a", "1"}, {"b", "2"}, {"a", "3"}}));
}

TEST(H1RequestHead, MethodsAreCaseSensitive) {
  EXPECT_EQ(parseWhole("get / HTTP/1.1\r\nHost: a\r\n\r\n").method, Method::Other);
}

TEST(H1RequestHead, LeavesWhatFollowsTheHead) {
  const ParsedHead head = parseWhole(get("") + "\r\nGET /next");
  EXPECT_EQ(head.consumed, get("").size());
}

TEST(H1RequestHead, FramesBodies) {
  EXPECT_EQ(parseWhole(get("")).framing, BodyFraming::None);
  EXPECT_EQ(parseWhole(get("")).contentLength, std::nullopt);
  EXPECT_EQ(parseWhole(post("Content-Length: 0\r\n")).contentLength, 0U);
  EXPECT_EQ(parseWhole(post("Transfer-Encoding: chunked\r\n")).framing, BodyFraming::Chunked);
  EXPECT_EQ(parseWhole(post("Transfer-Encoding: chunked\r\n")).contentLength, std::nullopt);
}

TEST(H1RequestHead, TakesTheFieldsOfTheConnectionOut) {
  const ParsedHead head = parseWhole(post(
      "Connection: X-Secret, keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\n"
      "Proxy-Authorization: x\r\nTransfer-Encoding: chunked\r\nUpgrade: x\r\nExpect: 100-continue\r\nx-secret: "
      "1\r\nX-Secret: 2\r\n"
      "X-Kept: 3\r\nTrailer: x-sum\r\n"));
  ASSERT_TRUE(head.done()) << head.message;
  EXPECT_EQ(head.fields, (FieldTexts{{"x-kept", "3"}, {"trailer", "x-sum"}}));
}

TEST(H1RequestHead, RemovesNominatedFieldsThatCameBeforeConnection) {
  EXPECT_EQ(parseWhole(get("A: 1\r\nB: 2\r\nConnection: a\r\nConnection: c\r\nC: 3\r\n")).fields,
            (FieldTexts{{"b", "2"}}));
}

TEST(H1RequestHead, NominationCannotStripWhatOthersRelyOn) {
  const ParsedHead head = parseWhole(post(
      "Connection: host, content-length, x-forwarded-for, x-client-id, authorization, Cookie, cache-control, via\r\n"
      "Content-Length: 3\r\nX-Forwarded-For: 1.2.3.4\r\nX-Client-ID: c\r\nAuthorization: b\r\nCookie: d\r\n"
      "Cache-Control: no-store\r\nVia: e\r\n"));
  ASSERT_TRUE(head.done()) << head.message;
  EXPECT_EQ(head.authority, "a");
  EXPECT_EQ(head.contentLength, 3U);
  EXPECT_EQ(head.fields.size(), 6U);
}

TEST(H1RequestHead, BoundsTheNominatedFields) {
  std::string options = "a0";
  for (int i = 1; i < 16; ++i) options += ",a" + std::to_string(i);
  EXPECT_TRUE(parseWhole(get("Connection: " + options + "\r\n")).done());
  EXPECT_EQ(parseWhole(get("Connection: " + options + "\r\nConnection: b\r\n")).error, ErrorCode::BadRequest);
}

TEST(H1RequestHead, PersistsAsVersionAndConnectionSay) {
  const auto keepAlive = [](std::string_view version, std::string_view connection) {
    return parseWhole("GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + std::string(connection) + "\r\n")
        .keepAlive;
  };
  EXPECT_TRUE(keepAlive("1.1", ""));
  EXPECT_TRUE(keepAlive("1.1", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(keepAlive("1.1", "Connection: Close\r\n"));
  EXPECT_FALSE(keepAlive("1.1", "Connection: keep-alive, close\r\n"));
  EXPECT_FALSE(keepAlive("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(keepAlive("1.0", ""));
  EXPECT_TRUE(keepAlive("1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(keepAlive("1.0", "Connection: keep-alive, close\r\n"));
}

TEST(H1RequestHead, ExpectIsForRequestsWithABodyOfHttp11) {
  const std::string expect = "Expect: 100-continue\r\n";
  EXPECT_TRUE(parseWhole(post(expect + "Content-Length: 1\r\n")).expectContinue);
  EXPECT_TRUE(parseWhole(post(expect + "Transfer-Encoding: chunked\r\n")).expectContinue);
  EXPECT_FALSE(parseWhole(post(expect)).expectContinue);
  EXPECT_FALSE(parseWhole(post(expect + "Content-Length: 0\r\n")).expectContinue);
  EXPECT_FALSE(parseWhole("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").expectContinue);
  EXPECT_EQ(parseWhole(post(expect + "Content-Length: 1\r\n")).field("expect"), "(none)");
}

TEST(H1RequestHead, UpgradeNeedsConnectionAndAGetWithoutBody) {
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: WebSocket\r\n";
  EXPECT_EQ(parseWhole(get(upgrade)).protocol, "websocket");
  EXPECT_EQ(parseWhole(get("Connection: keep-alive, upgrade\r\nUpgrade: foo/2\r\n")).protocol, "foo/2");
  EXPECT_EQ(parseWhole(get(upgrade)).field("upgrade"), "(none)");
  EXPECT_EQ(parseWhole(get("Upgrade: websocket\r\n")).protocol, "");
  EXPECT_EQ(parseWhole(get("Connection: upgrade\r\n")).protocol, "");
  EXPECT_EQ(parseWhole(post(upgrade)).protocol, "");
  EXPECT_EQ(parseWhole(get(upgrade + "Content-Length: 1\r\n")).protocol, "");
  EXPECT_EQ(parseWhole(get(upgrade + "Transfer-Encoding: chunked\r\n")).protocol, "");
  EXPECT_EQ(parseWhole("GET / HTTP/1.0\r\n" + upgrade + "\r\n").protocol, "");
  EXPECT_EQ(parseWhole(get("Connection: upgrade\r\nUpgrade: websocket, foo\r\n")).protocol, "");
  EXPECT_EQ(parseWhole(get(upgrade + "Upgrade: foo\r\n")).protocol, "");
  EXPECT_EQ(parseWhole(get("Connection: upgrade\r\nUpgrade: h2c\r\n")).protocol, "");
  EXPECT_EQ(parseWhole(get("Connection: upgrade\r\nUpgrade: a/b/c\r\n")).protocol, "");
}

TEST(H1RequestHead, H2cLeavesNothingBehind) {
  const ParsedHead head =
      parseWhole(get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"));
  ASSERT_TRUE(head.done());
  EXPECT_TRUE(head.fields.empty());
}

TEST(H1RequestHead, ErrorsSpeakToAPerson) {
  EXPECT_EQ(parseWhole(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")).message,
            "Content-Length and Transfer-Encoding in one message");
  EXPECT_EQ(parseWhole(post("Content-Length: 5, 5\r\n")).message,
            "Content-Length is \"5, 5\", expected one number of 64 bits");
  EXPECT_EQ(parseWhole(post("Content-Length: 5\r\nContent-Length: 5\r\n")).message,
            "more than one Content-Length line");
  EXPECT_EQ(parseWhole(get("A : b\r\n")).message, "white space between the field name \"a\" and its colon");
  EXPECT_EQ(parseWhole(get("X-Thing: a\rb\r\n")).message, "the value of X-Thing holds a bare CR");
  EXPECT_EQ(parseWhole("GET / HTTP/1.1\r\n\r\n").message, "an HTTP/1.1 request without Host");
  EXPECT_EQ(parseWhole("GET / HTTP/3.0\r\n\r\n").message, "the version is \"HTTP/3.0\", expected HTTP/1.1 or HTTP/1.0");
  EXPECT_EQ(parseWhole("\x16\x03\x01\x02").message,
            "a TLS handshake came to a listener that speaks plain HTTP; use http://, not https://");
}

TEST(H1RequestHead, ARefusedHeadStillTellsWhatCouldBeRead) {
  base::ChunkPool pool;
  for (const std::string_view bytes :
       {"PUT /a%zz HTTP/1.1\r\nHost: a\r\n\r\n", "PUT /a%zz HTTP/9.9\r\n", "PUT /a%zz HTTP/1.1\r\nbad\r\n\r\n"}) {
    base::Arena arena(pool);
    MessageHead head(arena);
    HeadFacts facts;
    ASSERT_FALSE(RequestHeadParser::parse(bytes, 0, {}, head, facts));
    EXPECT_EQ(head.method, Method::Put);
    EXPECT_EQ(head.methodText, "PUT");
    EXPECT_EQ(head.path, "/a%zz");
  }
}

// ---- pieces and bounds

TEST(H1RequestHead, EverySplitGivesTheSame) {
  const std::string bytes =
      "\r\n" + post("A: b\r\nConnection: a, close\r\nContent-Length: 7\r\nX: y\tz\r\n") + "body...";
  const ParsedHead whole = parseWhole(bytes);
  ASSERT_TRUE(whole.done());
  for (size_t cut = 0; cut < whole.consumed; ++cut) {
    ASSERT_TRUE(test::parseOnce(bytes.substr(0, cut), 0, {}, {}).needsMore) << cut;
    for (size_t again = cut; again <= bytes.size(); ++again) {
      const ParsedHead next = test::parseOnce(bytes.substr(0, again), cut, {}, {});
      ASSERT_EQ(next.needsMore, again < whole.consumed) << cut << ' ' << again;
      ASSERT_TRUE(next.needsMore || next == whole) << cut << ' ' << again;
    }
  }
}

TEST(H1RequestHead, LimitOfBytesIsExact) {
  const std::string bytes = get("A: b\r\n");
  HeadLimits limits;
  limits.maxBytes = static_cast<uint32_t>(bytes.size());
  EXPECT_TRUE(parseWhole(bytes + "more", {}, limits).done());
  --limits.maxBytes;
  EXPECT_EQ(parseWhole(bytes, {}, limits).error, ErrorCode::HeadersTooLarge);
  EXPECT_EQ(parseInSteps(bytes, 1, {}, limits), parseWhole(bytes, {}, limits));
  EXPECT_TRUE(parseWhole(bytes.substr(0, limits.maxBytes - 1), {}, limits).needsMore);
  EXPECT_EQ(parseWhole(bytes.substr(0, limits.maxBytes), {}, limits).error, ErrorCode::HeadersTooLarge);
}

TEST(H1RequestHead, ALongRequestLineIsUriTooLong) {
  const HeadLimits limits{.maxBytes = 100};
  const std::string line = "GET /" + std::string(100, 'a');
  EXPECT_EQ(parseWhole(line, {}, limits).error, ErrorCode::UriTooLong);
  EXPECT_EQ(parseWhole(line + " HTTP/1.1\r\nHost: a\r\n\r\n", {}, limits).error, ErrorCode::UriTooLong);
  EXPECT_EQ(parseInSteps(line, 1, {}, limits).error, ErrorCode::UriTooLong);
  EXPECT_TRUE(parseWhole(line.substr(0, 99), {}, limits).needsMore);
}

TEST(H1RequestHead, LimitOfFieldsIsExact) {
  const HeadLimits limits{.maxFields = 3};
  EXPECT_TRUE(parseWhole(get("A: 1\r\nB: 2\r\n"), {}, limits).done());
  EXPECT_EQ(parseWhole(get("A: 1\r\nB: 2\r\nC: 3\r\n"), {}, limits).error, ErrorCode::HeadersTooLarge);
}

TEST(H1RequestHead, FieldsThatAreTakenOutCountToo) {
  const HeadLimits limits{.maxFields = 3};
  EXPECT_EQ(parseWhole(get("Connection: close\r\nTE: trailers\r\nExpect: 100-continue\r\n"), {}, limits).error,
            ErrorCode::HeadersTooLarge);
}

TEST(H1RequestHead, AFloodOfEmptyLinesIsRefusedAtOnce) {
  std::string flood;
  for (int i = 0; i < 10000; ++i) flood += "\r\n";
  EXPECT_EQ(parseWhole(flood).error, ErrorCode::BadRequest);
  EXPECT_TRUE(parseWhole("\r\n\r\n\r\n\r\n").needsMore);
  EXPECT_EQ(parseWhole("\r\n\r\n\r\n\r\n\r").error, ErrorCode::BadRequest);
}

TEST(H1RequestHead, NothingIsAskedForMore) {
  EXPECT_TRUE(parseWhole("").needsMore);
  EXPECT_TRUE(parseWhole("\r").needsMore);
  EXPECT_TRUE(parseWhole("G").needsMore);
  EXPECT_EQ(parseWhole("G").consumed, 0U);
}

TEST(H1RequestHead, ABadRequestLineIsRefusedBeforeTheHeadIsComplete) {
  EXPECT_EQ(parseWhole("GET / HTTP/4.2\r\n").error, ErrorCode::VersionNotSupported);
  EXPECT_EQ(parseWhole("GET /\r\n").error, ErrorCode::BadRequest);
  EXPECT_EQ(parseWhole("\x80").error, ErrorCode::BadRequest);
}

// Each byte in a call of its own; looking at all of them in every call would be 60 KiB * 60 KiB / 2 = 1.8e9 looks,
// which sanitizers turn into minutes. The parser is called directly: the helpers copy the bytes.
TEST(H1RequestHead, ADripIsNotQuadratic) {
  for (const std::string& filler : {std::string(55000, 'a'), [] {
                                      std::string lines = "x: y";
                                      for (int i = 0; i < 90; ++i)
                                        lines += "\r\nA" + std::to_string(i) + ": " + std::string(600, 'b');
                                      return lines;
                                    }()}) {
    const std::string bytes = get("A: " + filler + "\r\n");
    base::ChunkPool pool;
    base::Arena arena(pool);
    MessageHead head(arena);
    HeadFacts facts;
    for (size_t size = 1; size < bytes.size(); ++size) {
      const auto outcome = RequestHeadParser::parse({bytes.data(), size}, size - 1, {}, head, facts);
      ASSERT_TRUE(outcome);
      ASSERT_EQ(outcome->status, ParseStatus::NeedMore);
    }
    ASSERT_EQ(arena.footprint(), 0U) << "an incomplete head must not cost memory";
    EXPECT_EQ(RequestHeadParser::parse(bytes, bytes.size() - 1, {}, head, facts)->consumed, bytes.size());
  }
}

}  // namespace
}  // namespace headgate::http::h1
