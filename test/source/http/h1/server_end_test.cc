// How a connection of the server codec ends: malformed requests, FIN and reset at each point, drain; and that none of
// it depends on how the bytes were split.

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "source/http/h1/server_codec.h"
#include "test/support/fake_server_host.h"

namespace headgate::http::h1 {
namespace {

using test::FakeServerHost;
using test::OutgoingMessage;
using test::ServerExchange;
using Lines = test::MessageRecorder::Lines;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kPost = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";
constexpr std::string_view kChunked = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

const OutgoingMessage kOk{.status = 200, .length = 2, .pieces = {"ok"}};
constexpr std::string_view kOkBytes = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
constexpr std::string_view kOkClose = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

std::string text(std::string_view a, std::string_view b) { return std::string(a) + std::string(b); }

// ---- the same events, however the bytes come

// All that a connection said and was told.
struct Conversation {
  std::vector<Lines> requests;
  std::string sent;
  bool closed = false;

  bool operator==(const Conversation&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Conversation& conversation) {
  for (const Lines& lines : conversation.requests) {
    for (const std::string& line : lines) out << line << '\n';
  }
  return out << conversation.sent << (conversation.closed ? "closed" : "open") << '\n';
}

// Answers every request when it is over, as the proxy does: at the end of the turn, the error with its status.
void answer(FakeServerHost& host) {
  for (ServerExchange& exchange : host.exchanges) {
    if (exchange.writer == nullptr || !exchange.request.over) continue;
    OutgoingMessage response = kOk;
    if (const auto status = base::httpStatus(exchange.request.lastError.code);
        !exchange.request.lastError.message.empty() && status != 0) {
      response.status = status;
    }
    response.sendTo(*exchange.writer, host.loop.slabs());
    exchange.release();
  }
}

Conversation converse(std::string_view bytes, size_t step, bool fin) {
  FakeServerHost host;
  for (size_t at = 0; at < bytes.size(); at += step) {
    host.feed(bytes.substr(at, step));
    for (size_t answered = 0; answered != host.exchanges.size();) {
      answered = host.exchanges.size();
      answer(host);
      host.turn();
    }
  }
  if (fin) host.feedEof();
  Conversation result;
  for (ServerExchange& exchange : host.exchanges) result.requests.push_back(exchange.request.lines());
  result.sent = host.sent();
  result.closed = host.called("close");
  return result;
}

class Splits : public testing::TestWithParam<std::string> {};

TEST_P(Splits, DoNotChangeTheConversation) {
  for (const bool fin : {false, true}) {
    const Conversation whole = converse(GetParam(), GetParam().size(), fin);
    for (const size_t step : {size_t{1}, size_t{2}, size_t{3}, size_t{7}, size_t{64}}) {
      EXPECT_EQ(converse(GetParam(), step, fin), whole) << "in pieces of " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Requests, Splits,
    testing::Values(std::string(kGet), text(kGet, kGet), text(kPost, "hello"), text(kPost, "hello") + text(kGet, kGet),
                    text(kPost, "hel"), text(kChunked, "5\r\nhello\r\n0\r\n\r\n") + std::string(kGet),
                    text(kChunked, "3;a=\"b\"\r\nhel\r\n2\r\nlo\r\n0\r\nDigest: x\r\n\r\n") + std::string(kGet),
                    "GET / HTTP/1.0\r\n\r\n" + std::string(kGet),
                    "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + std::string(kGet),
                    "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + std::string(kGet),
                    "\r\n\r\n" + text(kGet, "\r\n") + std::string(kGet), text(kGet, "GET /b HTTP/1.1\r\nHo"),
                    "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGet)));

INSTANTIATE_TEST_SUITE_P(
    Refusals, Splits,
    testing::Values("GET /\r\n\r\n" + std::string(kGet), text(kGet, "GET / HTTP/1.1\r\n\r\n") + std::string(kGet),
                    text(kGet, "GET / HTTP/3.1\r\nHost: h\r\n\r\n"), text(kChunked, "zz\r\nhello\r\n0\r\n\r\n"),
                    text(kChunked, "5\r\nhelloo\r\n0\r\n\r\n") + std::string(kGet),
                    text(kChunked, "5\r\nhello\r\n0\r\nHost: h\r\n\r\n") + std::string(kGet),
                    text(kPost, "hello\r\n\r\n\r\n\r\n\r\n\r\n"), text(kGet, "\x16\x03\x01"), text(kGet, "\r\rGET"),
                    "GET /" + std::string(70'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"));

// ---- malformed heads

struct Refusal {
  std::string head;
  std::string told;
};
std::ostream& operator<<(std::ostream& out, const Refusal& refusal) { return out << refusal.head.substr(0, 60); }

class MalformedHead : public testing::TestWithParam<Refusal> {};

TEST_P(MalformedHead, IsRefusedAndEndsTheConnection) {
  FakeServerHost host;
  host.feed(text(GetParam().head, kGet));
  ASSERT_EQ(host.exchanges.size(), 1U);
  EXPECT_EQ(host.request(0), (Lines{GetParam().told}));
  host.answer(0, {.status = base::httpStatus(host.exchanges[0].request.lastError.code), .length = 0});
  EXPECT_TRUE(host.sent().ends_with("\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
  EXPECT_EQ(host.calls.back(), "close");
  host.feed(kGet);
  EXPECT_EQ(host.exchanges.size(), 1U) << "what follows a broken message is not a request";
}

std::string head(std::string_view line, std::string_view fields) {
  return std::string(line) + "\r\nHost: h\r\n" + std::string(fields) + "\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9112, MalformedHead,
    testing::Values(Refusal{head("GET / HTTP/1.1", "A : b\r\n"), "invalid 400 bad_request"},
                    Refusal{"GET / HTTP/1.1\r\n\r\n", "invalid 400 bad_request"},
                    Refusal{"GET / HTTP/1.1\nHost: h\n\n", "invalid 400 bad_request"},
                    Refusal{"\x16\x03\x01 hello", "invalid 400 bad_request"},
                    Refusal{head("POST / HTTP/1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                            "invalid 400 bad_request"},
                    Refusal{head("POST / HTTP/1.1", "Content-Length: 5, 5\r\n"), "invalid 400 bad_request"},
                    Refusal{head("CONNECT a:1 HTTP/1.1", ""), "invalid 405 method_not_allowed"},
                    Refusal{head("GET /" + std::string(61'440, 'a') + " HTTP/1.1", ""), "invalid 414 uri_too_long"},
                    Refusal{head("PUT / HTTP/1.1", "Expect: tea\r\n"), "invalid 417 expectation_failed"},
                    Refusal{head("GET / HTTP/1.1", "A: " + std::string(61'440, 'a') + "\r\n"),
                            "invalid 431 headers_too_large"},
                    Refusal{head("POST / HTTP/1.1", "Transfer-Encoding: gzip\r\n"), "invalid 501 not_implemented"},
                    Refusal{head("GET / HTTP/2.0", ""), "invalid 505 version_not_supported"}));

TEST(ServerEnd, TheLimitsOfTheListenerHold) {
  FakeServerHost host({.maxHeadBytes = 64, .maxHeaderCount = 2});
  host.feed("GET / HTTP/1.1\r\nHost: h\r\nA: b\r\nC: d\r\n\r\n");
  EXPECT_EQ(host.request(0), (Lines{"invalid 431 headers_too_large"}));
  FakeServerHost other({.maxHeadBytes = 64, .maxHeaderCount = 2});
  other.feed("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(64, 'b') + "\r\n\r\n");
  EXPECT_EQ(other.request(0), (Lines{"invalid 431 headers_too_large"}));
}

TEST(ServerEnd, AMalformedHeadWaitsForItsTurn) {
  FakeServerHost host;
  host.feed(text(kGet, "GET /\r\n\r\n"));
  EXPECT_EQ(host.exchanges.size(), 1U);
  host.answer(0, kOk);
  host.turn();
  EXPECT_EQ(host.request(1), (Lines{"invalid 400 bad_request"}));
  EXPECT_EQ(host.sent(), kOkBytes);
}

TEST(ServerEnd, AMalformedBodyResetsTheRequestAndEndsTheConnection) {
  FakeServerHost host;
  host.feed(text(kChunked, "5\r\nhello\r\nxx\r\n"));
  EXPECT_EQ(host.request(0), (Lines{"POST h /a {}", "body hello", "reset bad_request"}));
  host.answer(0, {.status = 400, .length = 0});
  EXPECT_EQ(host.sent(), "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(host.calls, (std::vector<std::string>{"close"}));
}

TEST(ServerEnd, ARequestIsResetOnce) {
  FakeServerHost host;
  host.feed(text(kChunked, "xx\r\n"));
  host.feed("xx\r\n");
  host.feedEof();
  host.codec.connectionLost({base::ErrorCode::DownstreamReset, base::ErrorSource::Downstream, false, "gone"});
  EXPECT_EQ(host.request(0), (Lines{"POST h /a {}", "reset bad_request"}));
}

// ---- the client ends its side

TEST(ServerEnd, FinBetweenRequestsCloses) {
  FakeServerHost fresh;
  fresh.feedEof();
  EXPECT_EQ(fresh.calls.back(), "close");

  FakeServerHost used;
  used.feed(kGet);
  used.answer(0, kOk);
  used.feedEof();
  EXPECT_EQ(used.calls.back(), "close");
  EXPECT_EQ(used.exchanges.size(), 1U);
}

TEST(ServerEnd, FinWithinAHeadClosesWithoutAnAnswer) {
  FakeServerHost host;
  host.feed("GET / HT");
  host.feedEof();
  EXPECT_EQ(host.calls.back(), "close");
  EXPECT_EQ(host.sent(), "");
  EXPECT_TRUE(host.exchanges.empty());
}

TEST(ServerEnd, FinWithinABodyResetsTheRequest) {
  for (const std::string& bytes : {text(kPost, "hel"), text(kPost, ""), text(kChunked, "5\r\nhello\r\n0\r\n")}) {
    FakeServerHost host;
    host.feed(bytes);
    host.feedEof();
    EXPECT_EQ(host.request(0).back(), "reset downstream_reset");
    host.exchanges[0].release();
    EXPECT_EQ(host.calls.back(), "close");
    EXPECT_EQ(host.sent(), "");
  }
}

TEST(ServerEnd, FinWithinAPipelinedRequestResetsItOnceItsTurnHasCome) {
  FakeServerHost host;
  host.feed(std::string(kGet) + "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  host.feedEof();
  host.answer(0, kOk);
  host.turn();
  ASSERT_EQ(host.exchanges.size(), 2U);
  EXPECT_EQ(host.request(1), (Lines{"POST h /b {} length 5", "body hel", "reset downstream_reset"}));
}

TEST(ServerEnd, FinAfterARequestIsAnswered) {
  FakeServerHost host;
  host.feed(kGet);
  host.feedEof();
  EXPECT_EQ(host.request(0), (Lines{"GET h /a {}", "end"}));
  EXPECT_FALSE(host.called("close"));
  host.answer(0, kOk);
  EXPECT_EQ(host.sent(), kOkClose);
  EXPECT_EQ(host.calls.back(), "close");
}

TEST(ServerEnd, FinAfterPipelinedRequestsAnswersThemAll) {
  FakeServerHost host;
  host.feed(text(kGet, kPost) + text("hello", kGet));
  host.feedEof();
  for (size_t i = 0; i < 3; ++i) {
    host.answer(i, kOk);
    host.turn();
  }
  EXPECT_EQ(host.sent(), text(kOkBytes, kOkBytes) + std::string(kOkClose));
  EXPECT_EQ(host.calls.back(), "close");
}

TEST(ServerEnd, FinWithinAPipelinedRequestAnswersThoseBeforeIt) {
  FakeServerHost host;
  host.feed(text(kGet, "GET /b HT"));
  host.feedEof();
  host.answer(0, kOk);
  EXPECT_EQ(host.sent(), kOkBytes);
  EXPECT_EQ(host.exchanges.size(), 1U);
  EXPECT_EQ(host.calls.back(), "close");
}

TEST(ServerEnd, FinWhileAResponseIsWrittenClosesAfterIt) {
  FakeServerHost host;
  host.feed(kGet);
  const OutgoingMessage begun{.status = 200, .length = 2, .pieces = {"o"}, .complete = false};
  begun.sendTo(*host.exchanges[0].writer, host.loop.slabs());
  host.feedEof();
  base::Buffer rest(host.loop.slabs());
  rest.append("k");
  host.exchanges[0].writer->writeData(rest, true);
  host.exchanges[0].release();
  host.turn();
  EXPECT_EQ(host.sent(), kOkBytes);
  EXPECT_EQ(host.calls.back(), "close");
}

// ---- the connection is lost

const base::Error kLost{base::ErrorCode::DownstreamReset, base::ErrorSource::Downstream, false, "gone"};

TEST(ServerEnd, ALostConnectionResetsTheRequest) {
  FakeServerHost host;
  host.feed(text(kGet, kGet));
  host.connection().close();
  host.codec.connectionLost(kLost);
  EXPECT_EQ(host.request(0).back(), "reset downstream_reset");
  host.exchanges[0].release();
  host.turn();
  EXPECT_EQ(host.exchanges.size(), 1U) << "a request that waits has nobody to be answered to";
}

TEST(ServerEnd, ALostIdleConnectionIsNothing) {
  FakeServerHost host;
  host.feed("GET /");
  host.codec.connectionLost(kLost);
  EXPECT_TRUE(host.exchanges.empty());
}

// ---- drain

TEST(ServerEnd, ADrainClosesWithTheNextResponse) {
  FakeServerHost host;
  host.feed(kGet);
  host.codec.drain();
  host.answer(0, kOk);
  EXPECT_EQ(host.sent(), kOkClose);
  EXPECT_EQ(host.calls.back(), "close");
}

TEST(ServerEnd, ADrainAnswersTheRequestsThatHaveCome) {
  FakeServerHost host;
  host.feed(text(kGet, kGet));
  host.codec.drain();
  host.answer(0, kOk);
  EXPECT_EQ(host.sent(), kOkBytes);
  host.answer(1, kOk);
  EXPECT_EQ(host.sent(), kOkClose);
  EXPECT_EQ(host.calls.back(), "close");
}

TEST(ServerEnd, ADrainOfAnIdleConnectionStillAnswersARequestThatIsOnItsWay) {
  FakeServerHost host;
  host.codec.drain();
  host.feed(kGet);
  host.answer(0, kOk);
  EXPECT_EQ(host.sent(), kOkClose);
}

TEST(ServerEnd, ADrainAfterTheHeadWaitsForOneMoreRequest) {
  // The head has promised to keep the connection.
  FakeServerHost host;
  host.feed(kGet);
  const OutgoingMessage begun{.status = 200, .length = 2, .pieces = {"o"}, .complete = false};
  begun.sendTo(*host.exchanges[0].writer, host.loop.slabs());
  host.codec.drain();
  base::Buffer rest(host.loop.slabs());
  rest.append("k");
  host.exchanges[0].writer->writeData(rest, true);
  host.exchanges[0].release();
  EXPECT_EQ(host.sent(), kOkBytes);
  EXPECT_FALSE(host.called("close"));
  host.feed(kGet);
  host.answer(1, kOk);
  EXPECT_EQ(host.sent(), kOkClose);
}

}  // namespace
}  // namespace headgate::http::h1
