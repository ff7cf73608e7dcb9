// Upgrades as a server codec sees them (RFC 9110 section 7.8): one canonical request, then a tunnel or an ordinary
// answer.
#include <gtest/gtest.h>

#include <string>

#include "source/http/h1/server_codec.h"
#include "test/support/fake_server_host.h"

namespace headgate::http::h1 {
namespace {

using test::FakeServerHost;
using test::OutgoingMessage;
using Lines = test::MessageRecorder::Lines;

constexpr std::string_view kUpgrade =
    "GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: k\r\n\r\n";
constexpr std::string_view kAsked = "GET h /chat {sec-websocket-key: k} upgrade websocket";

const OutgoingMessage kAccept{
    .status = 101, .fields = {{"sec-websocket-accept", "a"}}, .complete = false, .protocol = "websocket"};
constexpr std::string_view kAcceptBytes =
    "HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";

class ServerUpgrade : public ::testing::Test {
 protected:
  void accept() { kAccept.sendTo(*host_.exchanges.at(0).writer, host_.loop.slabs()); }
  void write(std::string_view bytes, bool end = false) {
    base::Buffer data(host_.loop.slabs());
    data.append(bytes);
    host_.exchanges.at(0).writer->writeData(data, end);
  }

  FakeServerHost host_;
};

TEST_F(ServerUpgrade, IsOneRequestThatHasNotEnded) {
  host_.feed(kUpgrade);
  EXPECT_EQ(host_.request(0), (Lines{std::string(kAsked)}));
}

TEST_F(ServerUpgrade, OnceAcceptedBothDirectionsAreData) {
  host_.feed(kUpgrade);
  accept();
  EXPECT_EQ(host_.sent(), kAcceptBytes);
  host_.feed("from the client", 4);
  write("from the ");
  write("backend");
  EXPECT_EQ(host_.sent(), "from the backend");
  EXPECT_EQ(host_.request(0), (Lines{std::string(kAsked), "body from the client"}));
  EXPECT_FALSE(host_.called("close"));
}

TEST_F(ServerUpgrade, BytesBeforeTheAnswerAreTheFirstOfTheTunnel) {
  host_.feed(std::string(kUpgrade) + "early ");
  host_.feed("bird ");
  EXPECT_EQ(host_.request(0), (Lines{std::string(kAsked)})) << "nobody has accepted them yet";
  accept();
  host_.codec.receive(test::sliceOf(host_.loop.slabs(), "and "));  // in the same turn
  host_.turn();
  host_.feed("worm");
  EXPECT_EQ(host_.request(0), (Lines{std::string(kAsked), "body early bird and worm"}));
}

TEST_F(ServerUpgrade, BytesBeforeTheAnswerAreBounded) {
  host_.feed(kUpgrade);
  host_.feed(std::string(64 * 1024, 'x'));
  EXPECT_TRUE(host_.connection().reading());
  host_.feed("x");
  EXPECT_FALSE(host_.connection().reading());
  accept();
  host_.turn();
  EXPECT_TRUE(host_.connection().reading());
  EXPECT_EQ(host_.request(0).back(), "body " + std::string(64 * 1024 + 1, 'x'));
}

TEST_F(ServerUpgrade, ARefusedOneIsAnOrdinaryExchange) {
  host_.feed(kUpgrade);
  host_.answer(0, {.status = 200, .length = 2, .pieces = {"no"}});
  EXPECT_EQ(host_.sent(), "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno");
  host_.feed("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(host_.exchanges.size(), 2U);
  EXPECT_EQ(host_.request(1), (Lines{"GET h /next {}", "end"}));
}

TEST_F(ServerUpgrade, BytesBehindARefusedOneAreNotTakenForARequest) {
  host_.feed(std::string(kUpgrade) + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
  host_.answer(0, {.status = 400, .length = 0});
  EXPECT_EQ(host_.sent(), "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(host_.exchanges.size(), 1U);
  EXPECT_TRUE(host_.called("close"));
}

TEST_F(ServerUpgrade, TheEndOfTheClientLeavesTheOtherDirectionOpen) {
  host_.feed(kUpgrade);
  accept();
  host_.feed("bye");
  host_.feedEof();
  EXPECT_EQ(host_.request(0), (Lines{std::string(kAsked), "body bye", "end"}));
  EXPECT_EQ(host_.sent(), kAcceptBytes);
  write("still here", true);
  EXPECT_EQ(host_.sent(), "still here");
  EXPECT_TRUE(host_.wire.ended());
  host_.exchanges.at(0).release();
  EXPECT_TRUE(host_.called("close"));
}

TEST_F(ServerUpgrade, TheEndOfTheBackendIsAFinAndLeavesTheOtherDirectionOpen) {
  host_.feed(kUpgrade);
  accept();
  write("bye", true);
  EXPECT_EQ(host_.sent(), std::string(kAcceptBytes) + "bye");
  EXPECT_TRUE(host_.wire.ended());
  host_.feed("still here");
  host_.feedEof();
  EXPECT_EQ(host_.request(0), (Lines{std::string(kAsked), "body still here", "end"}));
}

TEST_F(ServerUpgrade, AnEndBeforeTheAnswerIsToldBehindTheFirstBytes) {
  host_.feed(std::string(kUpgrade) + "early");
  host_.feedEof();
  EXPECT_EQ(host_.request(0), (Lines{std::string(kAsked)}));
  accept();
  host_.turn();
  EXPECT_EQ(host_.request(0), (Lines{std::string(kAsked), "body early", "end"}));
}

TEST_F(ServerUpgrade, OnlyWhatIsAllowedIsOne) {
  host_.feed("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: tus/1.0\r\n\r\n");
  EXPECT_EQ(host_.request(0), (Lines{"GET h / {}", "end"}));
  http::CodecLimits limits;
  limits.rules.upgrades = {"tus/1.0"};
  FakeServerHost other(limits);
  other.feed("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: Tus/1.0\r\n\r\n");
  EXPECT_EQ(other.request(0), (Lines{"GET h / {} upgrade tus/1.0"}));
}

TEST(ServerUpgradeEnd, ATunnelThatBreaksOffIsResetForTheClient) {
  for (const bool responseEnded : {false, true}) {
    FakeServerHost host;
    host.feed(kUpgrade);
    kAccept.sendTo(*host.exchanges.at(0).writer, host.loop.slabs());
    if (responseEnded) {
      base::Buffer none(host.loop.slabs());
      host.exchanges.at(0).writer->writeData(none, true);
    }
    host.turn();
    host.exchanges.at(0).release();
    EXPECT_FALSE(host.connection().isOpen());
    EXPECT_TRUE(host.called("close"));
  }
}

}  // namespace
}  // namespace headgate::http::h1
