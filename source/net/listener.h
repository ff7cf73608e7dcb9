#pragma once
// Accepts connections on one worker.

#include <functional>

#include "source/event/io_watch.h"
#include "source/event/loop.h"
#include "source/event/timer.h"
#include "source/net/socket.h"

namespace headgate::net {

/// Decides and receives.
class AcceptHandler {
 public:
  /// False: no more for now; the listener stops accepting (the kernel's queue keeps those that wait) until `resume()`.
  [[nodiscard]] virtual bool mayAccept() = 0;
  virtual void onAccept(Socket socket, const IpAddress& peer) = 0;
  /// accept() failed for want of descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM); the listener rests for kRetry.
  virtual void onAcceptError(int errnum) = 0;

 protected:
  ~AcceptHandler() = default;
};

/// One listening socket of one worker. With SO_REUSEPORT each worker has its own; a Unix socket is accepted by one worker only. Worker thread.
class Listener {
 public:
  static constexpr base::Duration kRetry = std::chrono::milliseconds(100);
  static constexpr int kAcceptsPerTurn = 64;

  /// `socket` listens already. Accepting begins with `resume()`.
  Listener(event::Loop& loop, Socket socket, AcceptHandler& handler);

  void resume();
  void pause();
  /// Takes what waits in the queue (a closed SO_REUSEPORT socket would reset it), then closes. For a drain.
  void acceptRestAndClose();
  [[nodiscard]] bool isOpen() const { return socket_.valid(); }

 private:
  void onReady(uint8_t readiness);
  void retry();
  /// False when the queue is empty or accepting must stop.
  bool acceptOne();

  AcceptHandler& handler_;
  Socket socket_;
  event::IoWatch watch_;
  event::Timer retryTimer_;
};

}  // namespace headgate::net
