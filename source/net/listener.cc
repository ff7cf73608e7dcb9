#include "source/net/listener.h"

#include <sys/socket.h>

#include <cerrno>

namespace headgate::net {

Listener::Listener(event::Loop& loop, Socket socket, AcceptHandler& handler)
    : handler_(handler),
      socket_(std::move(socket)),
      watch_(loop, socket_.fd(), this, event::ioCallback<&Listener::onReady>),
      retryTimer_(loop.timers(), this, event::timerCallback<&Listener::retry>) {}

void Listener::resume() {
  if (isOpen()) watch_.want(event::kReadable);
}

void Listener::pause() { watch_.want(0); }

void Listener::onReady(uint8_t /*readiness*/) {
  for (int i = 0; i < kAcceptsPerTurn && acceptOne(); ++i) {
  }
}

void Listener::retry() { resume(); }

bool Listener::acceptOne() {
  if (!handler_.mayAccept()) {
    pause();
    return false;
  }
  sockaddr_storage peer;
  socklen_t size = sizeof(peer);
  Socket accepted(::accept4(socket_.fd(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (accepted.valid()) {
    const bool isIp = peer.ss_family == AF_INET || peer.ss_family == AF_INET6;
    if (isIp) setNoDelay(accepted.fd());
    handler_.onAccept(std::move(accepted), isIp ? IpAddress(reinterpret_cast<sockaddr*>(&peer)) : IpAddress());
    return true;
  }
  switch (errno) {
    case EINTR:
    case ECONNABORTED: return true;
    case EAGAIN: return false;
    default:
      // The queue would stay readable: rest, or the loop would spin.
      handler_.onAcceptError(errno);
      pause();
      retryTimer_.after(kRetry);
      return false;
  }
}

void Listener::acceptRestAndClose() {
  while (isOpen() && acceptOne()) {
  }
  retryTimer_.cancel();
  watch_.want(0);
  socket_.close();
}

}  // namespace headgate::net
