// Upgrades as a client codec sees them (RFC 9110 section 7.8).
#include <gtest/gtest.h>

#include <string>

#include "source/http/h1/client_codec.h"
#include "test/support/fake_client_host.h"

namespace headgate::http::h1 {
namespace {

using test::ClientExchange;
using test::FakeClientHost;
using test::OutgoingMessage;
using Calls = std::vector<std::string>;
using Lines = test::MessageRecorder::Lines;

const OutgoingMessage kAsk{.fields = {{"sec-websocket-key", "k"}}, .complete = false, .protocol = "websocket"};
constexpr std::string_view kAskBytes =
    "GET / HTTP/1.1\r\nhost: example.org\r\nsec-websocket-key: k\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
constexpr std::string_view kAccept =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: a\r\n\r\n";
constexpr std::string_view kAccepted = "101 {sec-websocket-accept: a} upgrade websocket";

class ClientUpgrade : public ::testing::Test {
 protected:
  void write(std::string_view bytes, bool end = false) {
    base::Buffer data(host_.loop.slabs());
    data.append(bytes);
    exchange_.writer->writeData(data, end);
  }
  [[nodiscard]] const Lines& response() const { return exchange_.response.lines(); }

  FakeClientHost host_;
  ClientExchange& exchange_ = host_.begin(kAsk);
};

TEST_F(ClientUpgrade, IsAskedForInTheWordsOfTheProtocol) { EXPECT_EQ(host_.sent(), kAskBytes); }

TEST_F(ClientUpgrade, OnceAcceptedBothDirectionsAreData) {
  host_.feed(std::string(kAccept) + "first ");
  host_.feed("then");
  EXPECT_EQ(response(), (Lines{std::string(kAccepted), "body first then"}));
  write("back");
  EXPECT_EQ(host_.sent(), std::string(kAskBytes) + "back");
}

TEST_F(ClientUpgrade, NothingLeavesBeforeItIsAccepted) {
  write("GET /smuggled HTTP/1.1");
  EXPECT_EQ(host_.sent(), kAskBytes);
  host_.feed(kAccept);
  EXPECT_EQ(host_.sent(), "GET /smuggled HTTP/1.1");
}

TEST_F(ClientUpgrade, WhatWaitedForARefusedOneIsDropped) {
  write("GET /smuggled HTTP/1.1", true);
  host_.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(response(), (Lines{"200 {} length 2", "body no", "end"}));
  exchange_.release();
  EXPECT_EQ(host_.sent(), kAskBytes);
  EXPECT_EQ(host_.calls, (Calls{"reusable"}));
}

TEST_F(ClientUpgrade, WhatWaitsIsBounded) {
  write(std::string(64 * 1024 + 1, 'x'));
  EXPECT_EQ(response(), (Lines{"blocked"}));
  host_.feed(kAccept);
  EXPECT_EQ(response().at(1), "writable");
}

TEST_F(ClientUpgrade, WhatWaitsIsGivenBackWhenNobodyWantsItAnyMore) {
  host_.turn();
  const size_t before = host_.loop.slabs().slabsInUse();
  write(std::string(100'000, 'x'));
  exchange_.release();
  host_.turn();
  EXPECT_EQ(host_.loop.slabs().slabsInUse(), before);
}

TEST_F(ClientUpgrade, AnInterimResponseMayComeFirst) {
  host_.feed("HTTP/1.1 103 Early Hints\r\nLink: l\r\n\r\n" + std::string(kAccept));
  EXPECT_EQ(response(), (Lines{"informational 103 {link: l}", std::string(kAccepted)}));
}

TEST_F(ClientUpgrade, ASwitchToAnotherProtocolIsRefused) {
  host_.feed("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: tus\r\n\r\n");
  EXPECT_EQ(response(), (Lines{"reset upstream_protocol_error"}));
}

TEST_F(ClientUpgrade, TheEndOfTheBackendLeavesTheOtherDirectionOpen) {
  host_.feed(std::string(kAccept) + "bye");
  host_.codec.receiveEof();
  EXPECT_EQ(response(), (Lines{std::string(kAccepted), "body bye", "end"}));
  write("still here", true);
  EXPECT_EQ(host_.sent(), std::string(kAskBytes) + "still here");
  EXPECT_TRUE(host_.wire.ended());
  exchange_.release();
  EXPECT_EQ(host_.calls, (Calls{"close after output"}));
}

TEST_F(ClientUpgrade, TheEndOfTheClientIsAFinAndLeavesTheOtherDirectionOpen) {
  host_.feed(kAccept);
  write("bye", true);
  EXPECT_EQ(host_.sent(), std::string(kAskBytes) + "bye");
  EXPECT_TRUE(host_.wire.ended());
  host_.feed("still here");
  host_.codec.receiveEof();
  EXPECT_EQ(response(), (Lines{std::string(kAccepted), "body still here", "end"}));
}

TEST_F(ClientUpgrade, AnEndBeforeTheAnswerFollowsIt) {
  write("all", true);
  host_.feed(kAccept);
  EXPECT_EQ(host_.sent(), std::string(kAskBytes) + "all");
  EXPECT_TRUE(host_.wire.ended());
}

TEST_F(ClientUpgrade, ATunnelIsNeverUsedAgain) {
  host_.feed(kAccept);
  exchange_.release();
  EXPECT_EQ(host_.calls, (Calls{"spent"}));
  EXPECT_FALSE(host_.connection().isOpen()) << "the backend must see that it broke off";
}

TEST_F(ClientUpgrade, ALostConnectionIsNoEnd) {
  host_.feed(kAccept);
  host_.codec.connectionLost({base::ErrorCode::Io, base::ErrorSource::Local, false, "reset"});
  EXPECT_EQ(response(), (Lines{std::string(kAccepted), "reset upstream_truncated_response"}));
}

TEST(ClientUpgradeKey, AWebSocketThatCameWithoutAKeyGetsOne) {
  const auto keyOf = [] {
    FakeClientHost host;
    host.begin({.complete = false, .protocol = "websocket"});
    const std::string sent = host.sent();
    const size_t at = sent.find("sec-websocket-key: ");
    EXPECT_NE(at, std::string::npos) << sent;
    return sent.substr(at + 19, 24);
  };
  const std::string key = keyOf();
  EXPECT_EQ(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"), 22U);
  EXPECT_TRUE(key.ends_with("=="));
  EXPECT_NE(keyOf(), key);
  FakeClientHost other;
  other.begin({.complete = false, .protocol = "tus"});
  EXPECT_EQ(other.sent().find("sec-websocket-key"), std::string::npos);
}

TEST(ClientUpgradeNotAsked, ASwitchThatNobodyAskedForIsRefused) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed(kAccept);
  EXPECT_EQ(exchange.response.lines(), (Lines{"reset upstream_protocol_error"}));
}

}  // namespace
}  // namespace headgate::http::h1
