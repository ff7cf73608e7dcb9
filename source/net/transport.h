#pragma once
// The seam between a connection and what its bytes travel in: plain TCP, or TLS.

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::net {

enum class IoStatus : uint8_t { Done, WouldBlock, Eof, Failed };

struct IoResult {
  IoStatus status;
  size_t bytes;  ///< with Done
  int errnum;    ///< with Failed
};

/// Moves bytes over one descriptor without blocking. TLS keeps its state in the object, plain TCP needs none and is one
/// shared object. A TLS transport answers WouldBlock until its handshake is over, wants readiness of both kinds
/// meanwhile, and says so by `wantsWrite`. Worker thread.
class Transport {
 public:
  virtual ~Transport() = default;
  [[nodiscard]] virtual IoResult read(int fd, char* to, size_t size) = 0;
  [[nodiscard]] virtual IoResult write(int fd, const iovec* vectors, size_t count) = 0;
  /// Tells the peer that no more bytes follow (TCP FIN; TLS close_notify first).
  virtual void shutdownWrite(int fd) = 0;
  /// True while `read` cannot go on before the descriptor is writable (a TLS handshake).
  [[nodiscard]] virtual bool wantsWrite() const { return false; }
  /// The application protocol that the handshake agreed on (ALPN: "h2", "http/1.1"); empty: none was. Final when the
  /// first byte can be read or, of an outgoing connection, when onConnected is told.
  [[nodiscard]] virtual std::string_view protocol() const { return {}; }
};

/// TCP and Unix sockets as they are. Stateless; shared by all threads.
[[nodiscard]] Transport& plainTransport();

}  // namespace headgate::net
