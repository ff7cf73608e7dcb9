// How the client codec reads responses: their framings, and whether the connection may be used again after each.

#include <gtest/gtest.h>

#include <ostream>
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

enum class End { None, Fin };

struct Case {
  std::string bytes;
  Lines told;
  bool reusable;
  End end = End::None;
  std::string_view method = "GET";
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.bytes; }

class ClientResponse : public testing::TestWithParam<Case> {};

// In whatever pieces the bytes come: the same events, and the same answer to whether the connection may be used again.
TEST_P(ClientResponse, IsReadTheSameInAllPieces) {
  const Case& c = GetParam();
  for (const size_t step : {size_t{0}, size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{19}}) {
    SCOPED_TRACE("in pieces of " + std::to_string(step));
    FakeClientHost host;
    ClientExchange& exchange = host.begin({.method = c.method});
    host.turn();
    host.feed(c.bytes, step);
    if (c.end == End::Fin) host.codec.receiveEof();
    EXPECT_EQ(exchange.response.lines(), c.told);
    exchange.release();
    EXPECT_EQ(host.calls, (Calls{c.reusable ? "reusable" : "spent"}));
    EXPECT_EQ(host.codec.capacity(), c.reusable ? 1U : 0U);
  }
}

std::string response(std::string_view status, std::string_view rest) {
  return "HTTP/1.1 " + std::string(status) + " X\r\n" + std::string(rest);
}

INSTANTIATE_TEST_SUITE_P(
    Framing, ClientResponse,
    testing::Values(
        Case{response("200", "Content-Length: 5\r\n\r\nhello"), {"200 {} length 5", "body hello", "end"}, true},
        Case{response("200", "Content-Length: 0\r\n\r\n"), {"200 {} length 0", "end"}, true},
        Case{response("200", "Transfer-Encoding: chunked\r\n\r\n3;a\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
             {"200 {}", "body hello", "end"},
             true},
        Case{response("200", "Transfer-Encoding: chunked\r\n\r\n1\r\nh\r\n0\r\nDigest: x\r\n\r\n"),
             {"200 {}", "body h", "trailers {digest: x}", "end"},
             true},
        Case{response("200", "A: b\r\n\r\nhello"), {"200 {a: b}", "body hello", "end"}, false, End::Fin},
        Case{response("200", "\r\n"), {"200 {}", "end"}, false, End::Fin},
        Case{response("103", "\r\n") + response("200", "Content-Length: 1\r\n\r\na"),
             {"informational 103 {}", "200 {} length 1", "body a", "end"},
             true}));

INSTANTIATE_TEST_SUITE_P(
    WithoutBody, ClientResponse,
    testing::Values(
        Case{response("200", "Content-Length: 5\r\n\r\n"), {"200 {} length 5", "end"}, true, End::None, "HEAD"},
        Case{response("200", "Transfer-Encoding: chunked\r\n\r\n"), {"200 {}", "end"}, true, End::None, "HEAD"},
        Case{response("200", "\r\n"), {"200 {}", "end"}, true, End::None, "HEAD"},
        Case{response("204", "\r\n"), {"204 {}", "end"}, true},
        Case{response("204", "Content-Length: 0\r\n\r\n"), {"204 {}", "end"}, true},
        Case{response("304", "\r\n"), {"304 {}", "end"}, true},
        Case{response("304", "Content-Length: 5\r\n\r\n"), {"304 {} length 5", "end"}, true}));

INSTANTIATE_TEST_SUITE_P(
    Persistence, ClientResponse,
    testing::Values(
        Case{response("200", "Connection: close\r\nContent-Length: 1\r\n\r\na"),
             {"200 {} length 1", "body a", "end"},
             false},
        Case{"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", {"200 {} length 1", "body a", "end"}, false},
        Case{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
             {"200 {} length 1", "body a", "end"},
             true},
        Case{"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\na", {"200 {}", "body a", "end"}, false, End::Fin}));

INSTANTIATE_TEST_SUITE_P(
    BytesBeyond, ClientResponse,
    testing::Values(
        Case{response("200", "Content-Length: 1\r\n\r\nab"), {"200 {} length 1", "body a", "end"}, false},
        Case{response("200", "Content-Length: 1\r\n\r\na\r\n"), {"200 {} length 1", "body a", "end"}, false},
        Case{response("204", "\r\nx"), {"204 {}", "end"}, false},
        Case{response("200", "Content-Length: 5\r\n\r\nhello"), {"200 {} length 5", "end"}, false, End::None, "HEAD"},
        Case{response("200", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n") + response("200", "\r\n"),
             {"200 {}", "end"},
             false}));

INSTANTIATE_TEST_SUITE_P(
    Malformed, ClientResponse,
    testing::Values(
        Case{"ICY 200 OK\r\n\r\n", {"reset upstream_protocol_error"}, false},
        Case{"HTTP/2.0 200 OK\r\n\r\n", {"reset upstream_protocol_error"}, false},
        Case{response("99", "\r\n"), {"reset upstream_protocol_error"}, false},
        Case{response("200", "A : b\r\n\r\nhello"), {"reset upstream_protocol_error"}, false},
        Case{response("200", "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
             {"reset upstream_protocol_error"},
             false},
        Case{response("200", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
             {"reset upstream_protocol_error"},
             false},
        Case{response("204", "Content-Length: 1\r\n\r\na"), {"reset upstream_protocol_error"}, false},
        Case{response("200", "A: " + std::string(61'440, 'a') + "\r\n\r\n"), {"reset upstream_protocol_error"}, false},
        Case{response("200", "Transfer-Encoding: chunked\r\n\r\n2\r\nhexx"),
             {"200 {}", "body he", "reset upstream_protocol_error"},
             false},
        Case{response("200", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\nHost: a\r\n\r\n"),
             {"200 {}", "body he", "reset upstream_protocol_error"},
             false}));

// ---- what else decides about the next request

TEST(ClientReuse, ABodyUntilCloseDoesNotEndBeforeTheConnection) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin();
  host.feed(response("200", "\r\nhello"));
  EXPECT_EQ(exchange.response.lines(), (Lines{"200 {}", "body hello"}));
}

TEST(ClientReuse, AResponseBeforeTheEndOfItsRequestSpendsTheConnection) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin({.method = "POST", .length = 5, .pieces = {"he"}, .complete = false});
  host.feed(response("413", "Content-Length: 0\r\n\r\n"));
  EXPECT_EQ(exchange.response.lines(), (Lines{"413 {} length 0", "end"}));
  exchange.release();
  EXPECT_EQ(host.calls, (Calls{"spent"}));
}

TEST(ClientReuse, AnEarlyResponseWhoseRequestIsStillSentWholeDoesNot) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin({.method = "POST", .length = 5, .pieces = {"he"}, .complete = false});
  host.feed(response("200", "Content-Length: 0\r\n\r\n"));
  base::Buffer rest(host.loop.slabs());
  rest.append("llo");
  exchange.writer->writeData(rest, true);
  host.turn();
  exchange.release();
  EXPECT_EQ(host.calls, (Calls{"reusable"}));
}

TEST(ClientReuse, ARequestThatWaitsToBeSentSpendsTheConnection) {
  FakeClientHost host;
  ClientExchange& exchange = host.begin({.method = "POST", .length = 5, .pieces = {"he"}, .complete = false});
  host.feed(response("200", "Content-Length: 0\r\n\r\n"));
  base::Buffer rest(host.loop.slabs());
  rest.append("llo");
  exchange.writer->writeData(rest, true);
  exchange.release();
  EXPECT_EQ(host.calls, (Calls{"spent"}));
}

TEST(ClientReuse, AStreamThatIsGivenUpSpendsTheConnection) {
  for (const std::string& bytes : {std::string(), response("200", "Content-Length: 5\r\n\r\nhel")}) {
    FakeClientHost host;
    host.begin();
    host.feed(bytes);
    host.exchanges[0].release();
    EXPECT_EQ(host.calls, (Calls{"spent"}));
  }
}

TEST(ClientReuse, TheUserMayWantTheConnectionClosed) {
  FakeClientHost host;
  ClientExchange& exchange = host.newStream();
  exchange.writer->closeAfterStream();
  OutgoingMessage().sendTo(*exchange.writer, host.loop.slabs());
  host.feed(response("200", "Content-Length: 0\r\n\r\n"));
  exchange.release();
  EXPECT_EQ(host.calls, (Calls{"spent"}));
}

TEST(ClientReuse, ThePeerSaysHowLongItKeepsTheConnection) {
  FakeClientHost host;
  EXPECT_EQ(host.codec.peerIdleTimeout(), 0U);
  host.begin();
  host.feed(response("200", "Keep-Alive: timeout=5, max=100\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(host.codec.peerIdleTimeout(), 5U);
  host.exchanges[0].release();
  host.begin();
  host.feed(response("200", "Content-Length: 0\r\n\r\n"));
  EXPECT_EQ(host.codec.peerIdleTimeout(), 5U) << "what was said stays said";
}

}  // namespace
}  // namespace headgate::http::h1
