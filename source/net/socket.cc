#include "source/net/socket.h"

#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace headgate::net {
namespace {

constexpr int kBacklog = 4096;  // the kernel caps it at net.core.somaxconn

bool someoneAccepts(const Address& address) {
  Socket probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage storage;
  const socklen_t size = address.fill(storage);
  return ::connect(probe.fd(), reinterpret_cast<sockaddr*>(&storage), size) == 0;
}

}  // namespace

void Socket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

base::Result<Socket> bindTo(const Address& address, bool reusePort) {
  const auto failed = [&](std::string_view step) {
    return tl::unexpected(base::ioError(fmt::format("cannot {} {}", step, address.text()), errno));
  };
  Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return failed("open a socket for");
  const int one = 1;
  if (address.isUnix()) {
    struct stat file;
    if (::lstat(address.path().c_str(), &file) == 0) {
      if (!S_ISSOCK(file.st_mode) || someoneAccepts(address)) {
        errno = S_ISSOCK(file.st_mode) ? EADDRINUSE : EEXIST;
        return failed("listen on");
      }
      ::unlink(address.path().c_str());
    }
  } else {
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (reusePort) ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
    if (address.family() == AF_INET6) ::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
  }
  sockaddr_storage storage;
  const socklen_t size = address.fill(storage);
  if (::bind(socket.fd(), reinterpret_cast<sockaddr*>(&storage), size) != 0) return failed("bind to");
  return socket;
}

base::Status startListening(const Socket& socket, const Address& address) {
  if (::listen(socket.fd(), kBacklog) == 0) return {};
  return tl::unexpected(base::ioError(fmt::format("cannot listen on {}", address.text()), errno));
}

base::Result<Socket> listenOn(const Address& address, bool reusePort) {
  base::Result<Socket> socket = bindTo(address, reusePort);
  if (!socket) return socket;
  if (const base::Status listening = startListening(*socket, address); !listening)
    return tl::unexpected(listening.error());
  return socket;
}

Address boundAddress(const Socket& socket, const Address& wanted) {
  if (wanted.isUnix()) return wanted;
  sockaddr_storage storage;
  socklen_t size = sizeof(storage);
  if (::getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return wanted;
  return Address(IpAddress(reinterpret_cast<sockaddr*>(&storage)));
}

base::Result<Socket> connectTo(const Address& address) {
  const auto failed = [&] {
    base::Error error = base::ioError("cannot connect", errno);
    error.code = base::ErrorCode::ConnectFailed;
    error.source = base::ErrorSource::Upstream;
    error.retryable = true;
    return tl::unexpected(std::move(error));
  };
  Socket socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return failed();
  if (!address.isUnix()) setNoDelay(socket.fd());
  sockaddr_storage storage;
  const socklen_t size = address.fill(storage);
  if (::connect(socket.fd(), reinterpret_cast<sockaddr*>(&storage), size) != 0 && errno != EINPROGRESS) return failed();
  return socket;
}

int pendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

int untakenBytes(int fd) {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

void setNoDelay(int fd) {
  const int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

}  // namespace headgate::net
