#pragma once
// Sockets as owned descriptors, and the few options that Headgate sets.

#include <utility>

#include "source/base/error.h"
#include "source/net/address.h"

namespace headgate::net {

/// Owns a file descriptor.
class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(other.release()) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket() { close(); }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void close();

 private:
  int fd_ = -1;
};

/// A bound, listening, non-blocking socket. `reusePort` lets each worker have its own queue (IP only). A stale Unix
/// socket file, one that nobody accepts on, is replaced; a live one, or a file of another kind, is an error.
[[nodiscard]] base::Result<Socket> listenOn(const Address& address, bool reusePort);

/// The same without listening yet: nobody is let in, and a mistake in the address shows at once.
[[nodiscard]] base::Result<Socket> bindTo(const Address& address, bool reusePort);
/// Begins to let connections in.
[[nodiscard]] base::Status startListening(const Socket& socket, const Address& address);

/// The address that a bound socket got, where `wanted` left the port to the kernel.
[[nodiscard]] Address boundAddress(const Socket& socket, const Address& wanted);

/// A non-blocking socket whose connect has begun; it may still be in progress. Errors that are known at once are
/// ConnectFailed.
[[nodiscard]] base::Result<Socket> connectTo(const Address& address);

/// The pending error of a socket (SO_ERROR); 0 = none.
[[nodiscard]] int pendingError(int fd);

/// Bytes that were written and that the peer's kernel has not taken yet (SIOCOUTQ).
[[nodiscard]] int untakenBytes(int fd);

void setNoDelay(int fd);

}  // namespace headgate::net
