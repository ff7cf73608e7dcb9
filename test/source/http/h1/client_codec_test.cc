#include "source/http/h1/client_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "test/support/fake_client_host.h"

namespace headgate::http::h1 {
namespace {

using test::ClientExchange;
using test::FakeClientHost;
using test::OutgoingMessage;
using Calls = std::vector<std::string>;
using Lines = test::MessageRecorder::Lines;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const Lines kOkLines{"200 {} length 2", "body ok", "end"};

// ---- requests

TEST(ClientCodec, ARequestIsExactlyTheseBytes) {
  FakeClientHost host;
  host.begin({.path = "/a?b", .fields = {{"accept", "*/*"}}});
  EXPECT_EQ(host.sent(), "GET /a?b HTTP/1.1\r\nhost: example.org\r\naccept: */*\r\n\r\n");
}

TEST(ClientCodec, ABodyOfKnownLengthIsSentAsItIs) {
  FakeClientHost host;
  host.begin({.method = "POST", .length = 6, .pieces = {"hello", "!"}});
  EXPECT_EQ(host.sent(), "POST / HTTP/1.1\r\nhost: example.org\r\ncontent-length: 6\r\n\r\nhello!");
}

TEST(ClientCodec, AnExplicitZeroStays) {
  FakeClientHost host;
  host.begin({.method = "POST", .length = 0});
  EXPECT_EQ(host.sent(), "POST / HTTP/1.1\r\nhost: example.org\r\ncontent-length: 0\r\n\r\n");
}

TEST(ClientCodec, ABodyOfUnknownLengthIsSentInChunks) {
  FakeClientHost host;
  host.begin({.method = "POST", .pieces = {"hello", "", "!"}, .trailers = {{"digest", "x"}}});
  EXPECT_EQ(host.sent(),
            "POST / HTTP/1.1\r\nhost: example.org\r\ntransfer-encoding: chunked\r\n\r\n"
            "5\r\nhello\r\n1\r\n!\r\n0\r\ndigest: x\r\n\r\n");
}

TEST(ClientCodec, ABodyThatIsEmptyAfterAllEndsItsChunks) {
  FakeClientHost host;
  host.begin({.method = "POST", .pieces = {""}});
  EXPECT_EQ(host.sent(), "POST / HTTP/1.1\r\nhost: example.org\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n");
}

TEST(ClientCodec, ABodyOfAnotherLengthThanDeclaredIsStopped) {
  // It would move the next request on this connection.
  for (const OutgoingMessage& request : {OutgoingMessage{.method = "POST", .length = 3, .pieces = {"hello"}},
                                         OutgoingMessage{.method = "POST", .length = 6, .pieces = {"hel", "lo"}}}) {
    FakeClientHost host;
    ClientExchange& exchange = host.begin(request);
    EXPECT_EQ(exchange.response.lines(), (Lines{"reset internal_error"}));
    exchange.release();
    EXPECT_EQ(host.calls, (Calls{"spent"}));
    EXPECT_EQ(host.sent().find("hello"), std::string::npos);
  }
}

// ---- one stream after the other

TEST(ClientCodec, AConnectionIsUsedAgainAfterItsResponse) {
  FakeClientHost host;
  EXPECT_EQ(host.codec.capacity(), 1U);
  for (int i = 0; i < 3; ++i) {
    ClientExchange& exchange = host.begin();
    EXPECT_EQ(host.codec.capacity(), 0U);
    host.feed(kOk);
    EXPECT_EQ(exchange.response.lines(), kOkLines);
    exchange.release();
    EXPECT_EQ(host.codec.capacity(), 1U);
  }
  EXPECT_EQ(host.calls, (Calls{"reusable", "reusable", "reusable"}));
}

TEST(ClientCodec, AStreamMayBeReleasedAndTheNextBegunWithinTheLastCallback) {
  FakeClientHost host;
  ClientExchange& first = host.begin();
  first.response.afterEvent = [&] {
    if (!first.response.over) return;
    first.release();
    host.begin();
  };
  host.feed(kOk);
  EXPECT_EQ(host.calls, (Calls{"reusable"}));
  host.feed(kOk);
  EXPECT_EQ(host.exchanges[1].response.lines(), kOkLines);
}

TEST(ClientCodec, APausedResponseIsNotReadAndTheNextOneIs) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  exchange.writer->setReading(false);
  EXPECT_FALSE(host.connection().reading());
  host.feed(kOk);
  exchange.release();
  EXPECT_TRUE(host.connection().reading()) << "an idle connection must hear its end";
}

TEST(ClientCodec, ABlockedOutputIsToldToTheStream) {
  FakeClientHost host;
  host.codec.outputBlocked(true);
  ClientExchange& exchange = host.begin({.method = "POST", .pieces = {"a"}, .complete = false});
  host.codec.outputBlocked(true);
  host.codec.outputBlocked(false);
  EXPECT_EQ(exchange.response.lines(), (Lines{"blocked", "writable"}));
}

// ---- informational responses

TEST(ClientCodec, InformationalResponsesPrecedeTheResponse) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + std::string(kOk));
  EXPECT_EQ(exchange.response.lines(),
            (Lines{"informational 100 {}", "informational 103 {link: </a>}", "200 {} length 2", "body ok", "end"}));
  exchange.release();
  EXPECT_EQ(host.calls, (Calls{"reusable"}));
}

TEST(ClientCodec, AnInformationalResponseIsNoResponse) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed("HTTP/1.1 103 Early Hints\r\n\r\n");
  host.codec.receiveEof();
  EXPECT_EQ(exchange.response.lines().back(), "reset upstream_protocol_error");
}

TEST(ClientCodec, ASwitchOfProtocolsThatNobodyAskedForIsRefused) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(exchange.response.lines(), (Lines{"reset upstream_protocol_error"}));
}

// ---- malformed responses

TEST(ClientCodec, AMalformedResponseIsABadGatewayWithItsReason) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed("HTTP/1.1 200 OK\r\nA : b\r\n\r\n");
  EXPECT_EQ(exchange.response.lines(), (Lines{"reset upstream_protocol_error"}));
  const base::Error& error = exchange.response.lastError;
  EXPECT_EQ(base::httpStatus(error.code), 502);
  EXPECT_EQ(error.source, base::ErrorSource::Upstream);
  EXPECT_FALSE(error.retryable);
  EXPECT_EQ(error.message, "white space between the field name \"a\" and its colon");
  exchange.release();
  EXPECT_EQ(host.calls, (Calls{"spent"}));
  EXPECT_EQ(host.codec.capacity(), 0U);
}

TEST(ClientCodec, TheLimitsOfTheClusterHold) {
  FakeClientHost host({.maxHeadBytes = 64, .maxHeaderCount = 2});
  ClientExchange& exchange = host.begin();
  host.feed("HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\nE: f\r\n\r\n");
  EXPECT_EQ(exchange.response.lines(), (Lines{"reset upstream_protocol_error"}));
  EXPECT_EQ(exchange.response.lastError.message, "more than 2 field lines");
}

// ---- the end of the connection

TEST(ClientCodec, AnEndBeforeAnyByteOfTheRequestLeftMayBeTriedAgain) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.codec.receiveEof();
  EXPECT_EQ(exchange.response.lines(), (Lines{"reset upstream_lost_before_sending"}));
  EXPECT_TRUE(exchange.response.lastError.retryable);
}

TEST(ClientCodec, AnEndBeforeAResponseMayNot) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.turn();
  host.codec.receiveEof();
  EXPECT_EQ(exchange.response.lines(), (Lines{"reset upstream_reset_before_response"}));
  EXPECT_FALSE(exchange.response.lastError.retryable);
}

TEST(ClientCodec, WhatAnEarlierRequestSentSaysNothingOfThisOne) {
  FakeClientHost host;
  host.begin();
  host.feed(kOk);
  host.exchanges[0].release();
  ClientExchange& second = host.begin();
  host.codec.receiveEof();
  EXPECT_EQ(second.response.lines(), (Lines{"reset upstream_lost_before_sending"}));
}

TEST(ClientCodec, AnEndWithinAHeadBreaksTheProtocol) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed("HTTP/1.1 200 O");
  host.codec.receiveEof();
  EXPECT_EQ(exchange.response.lines(), (Lines{"reset upstream_protocol_error"}));
}

TEST(ClientCodec, AShortBodyIsTruncated) {
  for (const std::string_view bytes : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
                                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n",
                                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n"}) {
    FakeClientHost host;
    ClientExchange& exchange = host.begin();
    host.feed(bytes);
    host.codec.receiveEof();
    EXPECT_EQ(exchange.response.lines().at(1), "body hel");
    EXPECT_EQ(exchange.response.lines().back(), "reset upstream_truncated_response");
    exchange.release();
    EXPECT_EQ(host.calls, (Calls{"spent"}));
  }
}

TEST(ClientCodec, AResetIsNoEndOfABodyUntilClose) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed("HTTP/1.1 200 OK\r\n\r\nhel");
  host.codec.connectionLost({base::ErrorCode::Io, base::ErrorSource::Local, false, "read: reset"});
  EXPECT_EQ(exchange.response.lines(), (Lines{"200 {}", "body hel", "reset upstream_truncated_response"}));
  EXPECT_NE(exchange.response.lastError.message.find("read: reset"), std::string::npos);
}

TEST(ClientCodec, AnEndAfterTheResponseChangesNothingButTheReuse) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed(kOk);
  host.codec.receiveEof();
  EXPECT_EQ(exchange.response.lines(), kOkLines);
  exchange.release();
  EXPECT_EQ(host.calls, (Calls{"spent"}));
}

TEST(ClientCodec, AnIdleConnectionThatEndsIsUnusable) {
  FakeClientHost host;
  host.codec.receiveEof();
  EXPECT_EQ(host.calls, (Calls{"unusable"}));
  EXPECT_EQ(host.codec.capacity(), 0U);
}

TEST(ClientCodec, AnIdleConnectionThatIsLostIsUnusable) {
  FakeClientHost host;
  host.codec.connectionLost({base::ErrorCode::Io, base::ErrorSource::Local, false, "gone"});
  EXPECT_EQ(host.calls, (Calls{"unusable"}));
}

TEST(ClientCodec, BytesThatNobodyAskedForMakeTheConnectionUnusable) {
  FakeClientHost host;
  host.feed(kOk);
  EXPECT_EQ(host.calls, (Calls{"unusable"}));
  EXPECT_EQ(host.codec.capacity(), 0U);
}

}  // namespace
}  // namespace headgate::http::h1
