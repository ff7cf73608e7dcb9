// How the server codec writes responses: their framing, their Connection field, and what breaks them off.

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "source/http/h1/server_codec.h"
#include "test/support/fake_server_host.h"

namespace headgate::http::h1 {
namespace {

using test::FakeServerHost;
using test::OutgoingMessage;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetClose = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
constexpr std::string_view kHead = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGet10 = "GET / HTTP/1.0\r\n\r\n";
constexpr std::string_view kGet10Kept = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";

const OutgoingMessage kStreamed{.status = 200, .pieces = {"hello", "!"}};
const OutgoingMessage kSized{.status = 200, .length = 6, .pieces = {"hello", "!"}};
const OutgoingMessage kTrailed{.status = 200, .pieces = {"hello"}, .trailers = {{"digest", "x"}}};

struct Case {
  const char* name;
  std::string_view request;
  OutgoingMessage response;
  std::string wire;
  bool kept = true;
};
std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

class ServerResponse : public testing::TestWithParam<Case> {};

TEST_P(ServerResponse, IsExactlyTheseBytes) {
  const Case& c = GetParam();
  FakeServerHost host;
  host.feed(c.request);
  host.answer(0, c.response);
  EXPECT_EQ(host.sent(), c.wire);
  EXPECT_EQ(host.called("close"), !c.kept);
  EXPECT_EQ(host.called("idle"), c.kept);
}

INSTANTIATE_TEST_SUITE_P(
    Framing, ServerResponse,
    testing::Values(Case{"a declared length", kGet, kSized, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello!"},
                    Case{"no length: chunks", kGet, kStreamed,
                         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"},
                    Case{"trailers", kGet, kTrailed,
                         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\ndigest: x\r\n\r\n"},
                    Case{"trailers have no place behind a length",
                         kGet,
                         {.status = 200, .length = 5, .pieces = {"hello"}, .trailers = {{"digest", "x"}}},
                         "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"},
                    Case{"a head alone has an empty body",
                         kGet,
                         {.status = 200, .fields = {{"a", "b"}}},
                         "HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 0\r\n\r\n"},
                    Case{"an empty piece ends a chunked body",
                         kGet,
                         {.status = 200, .pieces = {"", ""}},
                         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"},
                    Case{"205 has an empty body",
                         kGet,
                         {.status = 205},
                         "HTTP/1.1 205 Reset Content\r\ncontent-length: 0\r\n\r\n"}));

INSTANTIATE_TEST_SUITE_P(
    WithoutBody, ServerResponse,
    testing::Values(
        Case{"HEAD declares the length of GET", kHead, kSized, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n"},
        Case{"HEAD of an unknown length", kHead, kStreamed, "HTTP/1.1 200 OK\r\n\r\n"},
        Case{"HEAD without trailers", kHead, kTrailed, "HTTP/1.1 200 OK\r\n\r\n"},
        Case{"HEAD of a head alone", kHead, {.status = 404}, "HTTP/1.1 404 Not Found\r\n\r\n"},
        Case{"204 declares no length", kGet, {.status = 204, .length = 0}, "HTTP/1.1 204 No Content\r\n\r\n"},
        Case{"204 drops a body",
             kGet,
             {.status = 204, .length = 2, .pieces = {"no"}},
             "HTTP/1.1 204 No Content\r\n\r\n"},
        Case{"304 declares the length of 200",
             kGet,
             {.status = 304, .length = 6},
             "HTTP/1.1 304 Not Modified\r\ncontent-length: 6\r\n\r\n"},
        Case{"304 need not declare a length", kGet, {.status = 304}, "HTTP/1.1 304 Not Modified\r\n\r\n"}));

INSTANTIATE_TEST_SUITE_P(
    Persistence, ServerResponse,
    testing::Values(Case{"Connection: close is confirmed", kGetClose, kSized,
                         "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nhello!", false},
                    Case{"chunks before a close", kGetClose, kStreamed,
                         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
                         "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n",
                         false},
                    Case{"HTTP/1.0 closes", kGet10, kSized,
                         "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nhello!", false},
                    Case{"HTTP/1.0 is kept when it asks and the length is known", kGet10Kept, kSized,
                         "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: keep-alive\r\n\r\nhello!"},
                    Case{"HTTP/1.0 has no chunks: the end of the connection is the end", kGet10Kept, kStreamed,
                         "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello!", false},
                    Case{"HTTP/1.0 has no trailers", kGet10, kTrailed,
                         "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello", false},
                    Case{"HTTP/1.0 is kept after 304",
                         kGet10Kept,
                         {.status = 304},
                         "HTTP/1.1 304 Not Modified\r\nconnection: keep-alive\r\n\r\n"}));

TEST(ServerResponseEnd, TheUserMayWantTheConnectionClosed) {
  FakeServerHost host;
  host.feed(std::string(kGet) + std::string(kGet));
  host.exchanges[0].writer->closeAfterStream();
  host.answer(0, kSized);
  EXPECT_EQ(host.sent(), "HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nhello!");
  EXPECT_EQ(host.calls.back(), "close");
  EXPECT_EQ(host.exchanges.size(), 1U) << "nothing is parsed after the last response";
}

TEST(ServerResponseEnd, NothingIsParsedAfterConnectionClose) {
  FakeServerHost host;
  host.feed(std::string(kGetClose) + std::string(kGet));
  host.answer(0, kSized);
  host.turn();
  host.feed(kGet);
  EXPECT_EQ(host.exchanges.size(), 1U);
}

// ---- informational responses

TEST(ServerInformational, GoesOutBeforeTheResponse) {
  FakeServerHost host;
  host.feed(kGet);
  test::sendInformational(*host.exchanges[0].writer, 103, {{"link", "</a>"}});
  EXPECT_EQ(host.sent(), "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
  host.answer(0, kSized);
  EXPECT_EQ(host.sent(), "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello!");
}

TEST(ServerInformational, IsNotForHttp10) {
  FakeServerHost host;
  host.feed(kGet10);
  test::sendInformational(*host.exchanges[0].writer, 103);
  EXPECT_EQ(host.sent(), "");
}

TEST(ServerInformational, IsNothingAfterTheResponseHasBegun) {
  FakeServerHost host;
  host.feed(kGet);
  const OutgoingMessage begun{.status = 200, .length = 6, .pieces = {"hel"}, .complete = false};
  begun.sendTo(*host.exchanges[0].writer, host.loop.slabs());
  const std::string sent = host.sent();
  test::sendInformational(*host.exchanges[0].writer, 103);
  EXPECT_EQ(host.sent(), "");
}

constexpr std::string_view kExpecting =
    "PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

TEST(ServerInformational, ContinueIsSentWhenTheBodyIsWanted) {
  FakeServerHost host;
  host.feed(kExpecting);
  EXPECT_TRUE(host.exchanges[0].request.expectsContinue);
  EXPECT_EQ(host.sent(), "") << "the user decides";
  test::sendInformational(*host.exchanges[0].writer, 100);
  EXPECT_EQ(host.sent(), "HTTP/1.1 100 Continue\r\n\r\n");
  host.feed("hello");
  host.answer(0, {.status = 201});
  EXPECT_EQ(host.sent(), "HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n");
  EXPECT_TRUE(host.called("idle"));
}

TEST(ServerInformational, ContinueIsNotSentWhenTheBodyHasBegunToCome) {
  // RFC 9110 section 10.1.1: such a client does not wait.
  FakeServerHost together;
  together.feed(std::string(kExpecting) + "he");
  EXPECT_FALSE(together.exchanges[0].request.expectsContinue);
  test::sendInformational(*together.exchanges[0].writer, 100);
  EXPECT_EQ(together.sent(), "");

  FakeServerHost later;
  later.feed(kExpecting);
  later.feed("h");
  test::sendInformational(*later.exchanges[0].writer, 100);
  EXPECT_EQ(later.sent(), "");
  test::sendInformational(*later.exchanges[0].writer, 103);
  EXPECT_EQ(later.sent(), "HTTP/1.1 103 Early Hints\r\n\r\n");
}

TEST(ServerInformational, ARefusedBodyEndsTheConnection) {
  // The client may send the body all the same: what follows cannot be told from it.
  FakeServerHost host;
  host.feed(kExpecting);
  host.exchanges[0].writer->closeAfterStream();
  host.answer(0, {.status = 403});
  EXPECT_EQ(host.sent(), "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(host.calls.back(), "close");
}

// ---- responses that are not what their head said

TEST(ServerResponseEnd, MoreThanTheDeclaredLengthIsNeverWritten) {
  FakeServerHost host;
  host.feed(kGet);
  host.answer(0, {.status = 200, .length = 3, .pieces = {"hello"}});
  EXPECT_EQ(host.sent(), "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhel");
  EXPECT_EQ(host.calls.back(), "close");
}

TEST(ServerResponseEnd, LessThanTheDeclaredLengthEndsTheConnection) {
  for (const OutgoingMessage& response :
       {OutgoingMessage{.status = 200, .length = 6, .pieces = {"hel", "lo"}},
        OutgoingMessage{.status = 200, .length = 6},
        OutgoingMessage{.status = 200, .length = 6, .pieces = {"hel"}, .trailers = {{"a", "b"}}},
        OutgoingMessage{.status = 200, .length = 6, .pieces = {"hel"}, .complete = false}}) {
    FakeServerHost host;
    host.feed(kGet);
    host.answer(0, response);
    EXPECT_EQ(host.calls, (std::vector<std::string>{"close"}));
    EXPECT_LT(host.sent().size(), std::string_view("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello!").size());
  }
}

TEST(ServerResponseEnd, ABrokenOffChunkedResponseHasNoLastChunk) {
  FakeServerHost host;
  host.feed(kGet);
  host.answer(0, {.status = 200, .pieces = {"hello"}, .complete = false});
  EXPECT_EQ(host.sent(), "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n");
  EXPECT_EQ(host.calls, (std::vector<std::string>{"close"}));
}

TEST(ServerResponseEnd, ABrokenOffResponseUntilCloseResetsTheConnection) {
  // A FIN would look like its end.
  FakeServerHost host;
  host.feed(kGet10);
  host.answer(0, {.status = 200, .pieces = {"hello"}, .complete = false});
  EXPECT_FALSE(host.connection().isOpen());
}

TEST(ServerResponseEnd, ARequestThatNobodyAnswersEndsTheConnection) {
  FakeServerHost host;
  host.feed(kGet);
  host.exchanges[0].release();
  EXPECT_EQ(host.sent(), "");
  EXPECT_EQ(host.calls, (std::vector<std::string>{"close"}));
}

TEST(ServerResponseEnd, AnEarlyResponseWithAnUnreadBodyEndsTheConnection) {
  FakeServerHost host;
  host.feed("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nhello");
  host.answer(0, kSized);
  EXPECT_EQ(host.sent(), "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nhello!");
  EXPECT_EQ(host.calls, (std::vector<std::string>{"close"}));
  host.feed(std::string(995, 'x') + std::string(kGet));
  EXPECT_EQ(host.exchanges.size(), 1U);
}

TEST(ServerResponseEnd, AnEarlyResponseKeepsTheConnectionWhenTheBodyIsReadUntilItsEnd) {
  FakeServerHost host;
  host.feed("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
  kSized.sendTo(*host.exchanges[0].writer, host.loop.slabs());
  host.feed("hello");
  host.exchanges[0].release();
  EXPECT_TRUE(host.called("idle"));
  EXPECT_FALSE(host.called("close"));
}

// ---- the case of names

TEST(ServerResponse, NamesKeepTheirCaseWhenAsked) {
  http::CodecLimits limits;
  limits.rules.keepHeaderCase = true;
  FakeServerHost host(limits);
  host.feed("GET /a HTTP/1.1\r\nHost: h\r\nX-CamelCase: v\r\naccept: *\r\n\r\n");
  EXPECT_EQ(host.request(0).front(), "GET h /a {x-camelcase: v; accept: *}")
      << "within the proxy all names are lower-case";
  host.answer(0, {.status = 200, .fields = {{"x-added", "1"}}, .pieces = {"ok"}, .trailers = {{"x-sum", "2"}}});
  EXPECT_EQ(host.sent(),
            "HTTP/1.1 200 OK\r\nX-Added: 1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n");
}

}  // namespace
}  // namespace headgate::http::h1
