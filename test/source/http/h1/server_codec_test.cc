#include "source/http/h1/server_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "test/support/fake_server_host.h"

namespace headgate::http::h1 {
namespace {

using test::FakeServerHost;
using test::OutgoingMessage;
using test::ServerExchange;
using Lines = test::MessageRecorder::Lines;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetB = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kPost = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";

const OutgoingMessage kOk{.status = 200, .length = 2, .pieces = {"ok"}};
constexpr std::string_view kOkBytes = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

std::string text(std::string_view a, std::string_view b) { return std::string(a) + std::string(b); }

// ---- one request after the other

TEST(ServerCodec, ARequestIsToldWithItsHead) {
  FakeServerHost host;
  host.feed("GET http://H/a?b HTTP/1.1\r\nHost: h\r\nAccept: x\r\nConnection: c\r\nC: d\r\n\r\n");
  EXPECT_EQ(host.request(0), (Lines{"GET h /a?b {accept: x}", "end"}));
  EXPECT_FALSE(host.codec.idle());
}

TEST(ServerCodec, TheConnectionIsKeptForTheNextRequest) {
  FakeServerHost host;
  EXPECT_TRUE(host.codec.idle());
  host.feed(kGet);
  host.answer(0, kOk);
  EXPECT_EQ(host.sent(), kOkBytes);
  EXPECT_TRUE(host.codec.idle());
  EXPECT_TRUE(host.called("idle"));
  host.feed(kGetB);
  host.answer(1, kOk);
  EXPECT_EQ(host.sent(), kOkBytes);
  EXPECT_EQ(host.request(1).front(), "GET h /b {}");
  EXPECT_FALSE(host.called("close"));
}

TEST(ServerCodec, AnswersPipelinedRequestsInOrder) {
  FakeServerHost host;
  host.feed(text(kGet, kPost) + "hello" + std::string(kGetB));
  ASSERT_EQ(host.exchanges.size(), 1U) << "a request waits until its predecessor is answered";
  host.answer(0, kOk);
  host.turn();
  ASSERT_EQ(host.exchanges.size(), 2U);
  EXPECT_EQ(host.request(1), (Lines{"POST h /a {} length 5", "body hello", "end"}));
  host.answer(1, {.status = 201, .length = 0});
  host.turn();
  ASSERT_EQ(host.exchanges.size(), 3U);
  host.answer(2, {.status = 404, .length = 0});
  EXPECT_EQ(host.sent(), text(kOkBytes,
                              "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n"
                              "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"));
  EXPECT_TRUE(host.codec.idle());
}

TEST(ServerCodec, PipelinedRequestsThatAreAnsweredAtOnceStayInOrder) {
  FakeServerHost host;
  std::string order;
  host.onEvent = [&](ServerExchange& exchange) {
    if (!exchange.request.over) return;
    order += exchange.request.lines().front();
    kOk.sendTo(*exchange.writer, host.loop.slabs());
    exchange.release();
  };
  host.feed(text(kGet, kGetB) + std::string(kGet));
  EXPECT_EQ(order, "GET h /a {}GET h /b {}GET h /a {}");
  EXPECT_EQ(host.sent(), text(kOkBytes, kOkBytes) + std::string(kOkBytes));
  EXPECT_TRUE(host.codec.idle());
}

TEST(ServerCodec, AResponseThatIsNotReleasedHoldsTheNextRequestBack) {
  FakeServerHost host;
  host.feed(text(kGet, kGetB));
  kOk.sendTo(*host.exchanges[0].writer, host.loop.slabs());
  host.turn();
  EXPECT_EQ(host.exchanges.size(), 1U);
  host.exchanges[0].release();
  host.turn();
  EXPECT_EQ(host.exchanges.size(), 2U);
}

TEST(ServerCodec, PipelinedBytesAreBounded) {
  FakeServerHost host({.maxPipelinedBytes = 100});
  host.feed(kGet);
  host.feed(std::string(100, 'x'));
  EXPECT_TRUE(host.connection().reading());
  host.feed("x");
  EXPECT_FALSE(host.connection().reading()) << "more than the bound is left to the kernel";
}

TEST(ServerCodec, ReadingGoesOnWhenThePipelineIsWorkedOff) {
  FakeServerHost host({.maxPipelinedBytes = 40});
  host.feed(text(kGet, kGetB) + text(kGetB, kGetB));
  EXPECT_FALSE(host.connection().reading());
  host.answer(0, kOk);
  host.turn();
  host.answer(1, kOk);
  host.turn();
  EXPECT_TRUE(host.connection().reading());
  host.answer(2, kOk);
  host.turn();
  EXPECT_EQ(host.request(3).front(), "GET h /b {}");
}

TEST(ServerCodec, APipelineLargerThanASlabIsKeptWhole) {
  const std::string large = "POST /l HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + std::string(200000, 'x');
  FakeServerHost host;
  host.feed(text(kGet, large) + std::string(kGetB));
  host.answer(0, kOk);
  host.turn();
  EXPECT_EQ(host.request(1).at(1), "body " + std::string(200000, 'x'));
  host.answer(1, kOk);
  host.turn();
  EXPECT_EQ(host.request(2).front(), "GET h /b {}");
}

// ---- request bodies

TEST(ServerCodec, ABodyComesAsItIsRead) {
  FakeServerHost host;
  host.feed(kPost);
  EXPECT_EQ(host.request(0), (Lines{"POST h /a {} length 5"}));
  host.feed("he");
  EXPECT_EQ(host.request(0).back(), "body he");
  host.feed("llo");
  EXPECT_EQ(host.request(0), (Lines{"POST h /a {} length 5", "body hello", "end"}));
}

TEST(ServerCodec, AnEmptyBodyEndsWithTheHead) {
  FakeServerHost host;
  host.feed("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(host.request(0), (Lines{"POST h / {} length 0", "end"}));
}

TEST(ServerCodec, AChunkedBodyIsDecodedWithItsTrailers) {
  FakeServerHost host;
  host.feed(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2;ext=1\r\nhe\r\n3\r\nllo\r\n0\r\nDigest: abc\r\nConnection: x\r\n\r\n");
  EXPECT_EQ(host.request(0), (Lines{"POST h / {}", "body hello", "trailers {digest: abc}", "end"}));
}

TEST(ServerCodec, WhatFollowsABodyIsTheNextRequest) {
  FakeServerHost host;
  host.feed(text(kPost, "helloGET /b HT"));
  host.feed("TP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(host.request(0).back(), "end");
  host.answer(0, kOk);
  host.turn();
  EXPECT_EQ(host.request(1), (Lines{"GET h /b {}", "end"}));
}

TEST(ServerCodec, APausedBodyIsNotRead) {
  FakeServerHost host;
  host.feed(text(kPost, "he"));
  host.exchanges[0].writer->setReading(false);
  EXPECT_FALSE(host.connection().reading());
  host.exchanges[0].writer->setReading(true);
  EXPECT_TRUE(host.connection().reading());
}

TEST(ServerCodec, APauseAfterTheBodyDoesNotHideTheEndOfTheClient) {
  FakeServerHost host;
  host.feed(text(kPost, "hello"));
  host.exchanges[0].writer->setReading(false);
  EXPECT_TRUE(host.connection().reading());
}

TEST(ServerCodec, APauseEndsWithTheBody) {
  // Nothing more of it can come, but the end of the client can.
  FakeServerHost host;
  host.feed(text(kPost, "he"));
  host.exchanges[0].writer->setReading(false);
  host.feed("llo");
  EXPECT_TRUE(host.connection().reading());
}

TEST(ServerCodec, APauseEndsWithItsStream) {
  FakeServerHost host;
  host.feed(text(kPost, "he"));
  host.exchanges[0].writer->setReading(false);
  host.feed("llo");
  host.answer(0, kOk);
  EXPECT_TRUE(host.connection().reading());
}

TEST(ServerCodec, ABlockedOutputIsToldToTheStream) {
  FakeServerHost host;
  host.codec.outputBlocked(true);
  host.feed(kGet);
  host.codec.outputBlocked(true);
  host.codec.outputBlocked(false);
  EXPECT_EQ(host.request(0), (Lines{"GET h /a {}", "end", "blocked", "writable"}));
}

// ---- the timer of a head

TEST(ServerCodec, AHeadThatComesAtOnceNeedsNoTimer) {
  FakeServerHost host;
  host.feed(kGet);
  EXPECT_TRUE(host.calls.empty());
}

TEST(ServerCodec, AHeadInPiecesIsTimedOnceFromItsFirstByte) {
  FakeServerHost host;
  host.feed(kGet, 1);
  EXPECT_EQ(host.calls, (std::vector<std::string>{"head begun", "head over"}));
}

TEST(ServerCodec, ALateHeadIsAnInvalidRequest) {
  FakeServerHost host;
  host.feed("GET / HT");
  host.codec.headTimeout();
  EXPECT_EQ(host.request(0), (Lines{"invalid 408 request_timeout"}));
  host.answer(0, {.status = 408, .length = 0});
  EXPECT_EQ(host.sent(), "HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(host.calls.back(), "close");
  host.feed("TP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(host.exchanges.size(), 1U);
}

TEST(ServerCodec, AHeadThatWaitsBehindARequestIsTimedOnlyAfterIt) {
  FakeServerHost host;
  host.feed(text(kGet, "GET /b"));
  EXPECT_FALSE(host.called("head begun"));
  host.answer(0, kOk);
  host.turn();
  EXPECT_EQ(host.calls.back(), "head begun");
}

// Some clients send a CRLF behind a body (RFC 9112 section 2.2).
TEST(ServerCodec, EmptyLinesAreNoBeginningOfAHead) {
  FakeServerHost host;
  host.feed("\r\n", 1);
  host.feed(text(kPost, "hello\r\n"));
  host.answer(0, kOk);
  host.turn();
  EXPECT_EQ(host.calls, (std::vector<std::string>{"idle"}));
  host.feed("\r\nG");
  EXPECT_EQ(host.calls.back(), "head begun");
  host.feed("ET /b HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(host.request(1), (Lines{"GET h /b {}", "end"}));
}

TEST(ServerCodec, FinAfterEmptyLinesCloses) {
  for (const std::string_view lines : {"\r\n", "\r\n\r", "\r\n\r\n"}) {
    FakeServerHost host;
    host.feed(lines);
    host.feedEof();
    EXPECT_EQ(host.calls, (std::vector<std::string>{"close"}));
  }
}

}  // namespace
}  // namespace headgate::http::h1
