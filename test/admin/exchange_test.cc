#include "admin/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "test/support/fake_clock.h"

namespace headgate::admin {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

// A connection to a listener whose time the test moves. The caller is the other end of a socket pair.
class ExchangeOverASocket : public testing::Test, private http::ServerSessionOwner {
 protected:
  ExchangeOverASocket() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer_ = net::Socket(ends[1]);
    session_ = &http::ServerSession::start(loop_, net::Socket(ends[0]), net::IpAddress(), 1, settings_, *this);
  }
  ~ExchangeOverASocket() override {
    if (session_ != nullptr) session_->abort();
    loop_.runOnce(false);
  }

  void serve(http::Method method, BodyKind body, Handler handler) {
    Route route;
    route.method = method;
    route.path = "/x";
    route.access = Access::Operator;
    route.body = body;
    route.handle = std::move(handler);
    table_.add(std::move(route));
  }
  void send(std::string_view text) {
    ASSERT_EQ(::send(peer_.fd(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    turn();
  }
  void turn(int times = 3) {
    for (int i = 0; i < times; ++i) loop_.runOnce(false);
  }
  void pass(seconds time) {
    clock_.advance(time);
    turn();
  }
  std::string received() {
    std::string text;
    std::array<char, 65536> piece;
    while (true) {
      const ssize_t size = ::recv(peer_.fd(), piece.data(), piece.size(), 0);
      if (size <= 0) return text;
      text.append(piece.data(), static_cast<size_t>(size));
      turn(1);
    }
  }

  test::FakeClock clock_;
  event::Loop loop_{clock_};
  RouteTable table_;
  Authenticator authenticator_{{}};
  AuditLog audit_;
  net::Socket peer_;

 private:
  http::RequestSink& newStream(http::ServerSession& session, base::Arena& arena, http::MessageWriter& writer) override {
    return *arena.make<Exchange>(arena, writer, session, gate_);
  }
  void onSessionClosed(http::ServerSession& /*session*/) override { session_ = nullptr; }

  Gate gate_{table_, authenticator_, audit_};
  http::ServerSettings settings_;
  http::ServerSession* session_ = nullptr;
};

constexpr std::string_view kPost =
    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n";

TEST_F(ExchangeOverASocket, GathersABodyThatComesInPieces) {
  std::string body;
  serve(http::Method::Post, BodyKind::Json, [&](const Request& request, const Responder& respond) {
    body = request.body;
    respond.send({204, {}, {}, {}});
  });
  send(kPost);
  for (const char c : std::string_view("0123456789")) send({&c, 1});
  EXPECT_EQ(body, "0123456789");
  EXPECT_THAT(received(), StartsWith("HTTP/1.1 204 "));
}

TEST_F(ExchangeOverASocket, AnswersABodyThatStopsWith408) {
  serve(http::Method::Post, BodyKind::Json,
        [](const Request&, const Responder&) { FAIL() << "the body is not whole"; });
  send(kPost);
  send("01234");
  pass(seconds(9));
  EXPECT_EQ(received(), "");
  pass(seconds(2));
  const std::string answer = received();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(answer, HasSubstr("connection: close"));
}

TEST_F(ExchangeOverASocket, AnswersABodyThatDripsForTooLongWith408) {
  serve(http::Method::Post, BodyKind::Json,
        [](const Request&, const Responder&) { FAIL() << "the body is not whole"; });
  send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n");
  for (int i = 0; i < 16; ++i) {
    send("x");
    pass(seconds(8));
  }
  EXPECT_THAT(received(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ExchangeOverASocket, MakesNoMoreOfAnAnswerThanTheCallerTakes) {
  constexpr size_t kPieces = 1000;
  size_t made = 0;
  serve(http::Method::Get, BodyKind::None, [&](const Request&, const Responder& respond) {
    respond.stream({200, kText, {}, {}}, [&](std::string& out) {
      out.assign(Responder::kPiece, 'x');
      return ++made < kPieces;
    });
  });
  send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  turn(200);
  EXPECT_LT(made, 20U);  // what the socket and the connection's bound hold
  size_t size = 0;
  for (int i = 0; i < 100'000 && made < kPieces; ++i) {
    size += received().size();
    turn(1);
  }
  turn(20);
  size += received().size();
  EXPECT_EQ(made, kPieces);
  EXPECT_GE(size, kPieces * Responder::kPiece);
}

TEST_F(ExchangeOverASocket, RecordsWhatWasDoneForACallerWhoHasLeft) {
  std::optional<Responder> kept;
  serve(http::Method::Post, BodyKind::None, [&](const Request&, const Responder& respond) { kept = respond; });
  send("POST /x HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->wanted());
  peer_.close();
  turn();
  kept->note("done all the same");
  kept->send({204, {}, {}, {}});
  ASSERT_EQ(audit_.total(), 1U);
  EXPECT_EQ(audit_.entries().front().note, "done all the same");
  EXPECT_EQ(audit_.entries().front().status, 204);
}

TEST_F(ExchangeOverASocket, GivesTheFirstAnswerAlone) {
  serve(http::Method::Post, BodyKind::None, [](const Request&, const Responder& respond) {
    respond.note("first");
    respond.send({204, {}, {}, {}});
    respond.send(problem(500, "internal_error", "never seen"));
  });
  send("POST /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(received(), StartsWith("HTTP/1.1 204 "));
  ASSERT_EQ(audit_.total(), 1U);
  EXPECT_EQ(audit_.entries().front().note, "first");
}

}  // namespace
}  // namespace headgate::admin
