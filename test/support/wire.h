#pragma once
// The far end of a connection in the hands of a test.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "source/net/socket.h"

namespace headgate::test {

/// Two connected non-blocking sockets: the near one is for the product, the far one is played by the test. A Unix pair
/// delivers within the call that sends; only TCP tells a reset from an end.
class Wire {
 public:
  enum class Kind { Unix, Tcp };

  explicit Wire(Kind kind = Kind::Unix) { kind == Kind::Unix ? pair() : connectLoopback(); }

  [[nodiscard]] net::Socket takeNear() { return std::move(near_); }

  void send(std::string_view bytes) {
    ASSERT_EQ(::send(far_.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void sendFin() { ::shutdown(far_.fd(), SHUT_WR); }
  /// Closes the far end; TCP sends RST.
  void cut() {
    const linger abort{1, 0};
    ::setsockopt(far_.fd(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
    far_.close();
  }

  /// Everything that has come since the last call.
  [[nodiscard]] std::string receive() {
    std::string bytes;
    char piece[65536];
    for (;;) {
      const ssize_t got = ::recv(far_.fd(), piece, sizeof(piece), 0);
      if (got > 0) {
        bytes.append(piece, static_cast<size_t>(got));
        continue;
      }
      ended_ = ended_ || got == 0;
      reset_ = reset_ || (got < 0 && errno == ECONNRESET);
      return bytes;
    }
  }
  /// Blocks until there is something to receive (TCP delivers when it likes).
  void awaitReadable() {
    pollfd far{far_.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&far, 1, 30'000), 1) << "nothing came";
  }
  /// Whether `receive` has met a FIN.
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool wasReset() const { return reset_; }

 private:
  void pair() {
    int fds[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    near_ = net::Socket(fds[0]);
    far_ = net::Socket(fds[1]);
  }
  void connectLoopback() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* where = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    const net::Socket listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::bind(listener.fd(), where, size), 0);
    ASSERT_EQ(::listen(listener.fd(), 1), 0);
    ASSERT_EQ(::getsockname(listener.fd(), where, &size), 0);
    far_ = net::Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    ASSERT_EQ(::connect(far_.fd(), where, size), 0);
    near_ = net::Socket(::accept4(listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    ASSERT_TRUE(near_.valid());
    ASSERT_EQ(::fcntl(far_.fd(), F_SETFL, O_NONBLOCK), 0);
  }

  net::Socket near_;
  net::Socket far_;
  bool ended_ = false;
  bool reset_ = false;
};

}  // namespace headgate::test
