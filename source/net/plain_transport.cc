#include <sys/socket.h>

#include <cerrno>

#include "source/net/transport.h"

namespace headgate::net {
namespace {

IoResult failed() {
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {IoStatus::WouldBlock, 0, 0};
  return {IoStatus::Failed, 0, errno};
}

class PlainTransport final : public Transport {
 public:
  IoResult read(int fd, char* to, size_t size) override {
    const ssize_t got = ::recv(fd, to, size, 0);
    if (got > 0) return {IoStatus::Done, static_cast<size_t>(got), 0};
    return got == 0 ? IoResult{IoStatus::Eof, 0, 0} : failed();
  }

  IoResult write(int fd, const iovec* vectors, size_t count) override {
    // sendmsg rather than writev: MSG_NOSIGNAL. One piece needs no message header.
    ssize_t sent = 0;
    if (count == 1) {
      sent = ::send(fd, vectors[0].iov_base, vectors[0].iov_len, MSG_NOSIGNAL);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(vectors);
      message.msg_iovlen = count;
      sent = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    }
    return sent >= 0 ? IoResult{IoStatus::Done, static_cast<size_t>(sent), 0} : failed();
  }

  void shutdownWrite(int fd) override { ::shutdown(fd, SHUT_WR); }
};

PlainTransport plain;  // no state: its construction order does not matter

}  // namespace

Transport& plainTransport() { return plain; }

}  // namespace headgate::net
