#include "tools/origin/origin.h"

#include <cstdio>
#include <cstring>

namespace headgate::origin {

Origin::Origin(event::Loop& loop, net::Socket socket, std::string name) : loop_(loop) {
  state_.name = std::move(name);
  listener_ = std::make_unique<net::Listener>(loop_, std::move(socket), static_cast<net::AcceptHandler&>(*this));
  listener_->resume();
}

Origin::~Origin() {
  while (!sessions_.empty()) sessions_.popFront().abort();
}

void Origin::onAccept(net::Socket socket, const net::IpAddress& peer) {
  sessions_.pushBack(http::ServerSession::start(loop_, std::move(socket), peer, nextId_++, settings_, *this));
}

void Origin::onAcceptError(int errnum) { std::fprintf(stderr, "headgate-origin: accept: %s\n", std::strerror(errnum)); }

http::RequestSink& Origin::newStream(http::ServerSession& session, base::Arena& arena, http::MessageWriter& writer) {
  return *arena.make<Exchange>(arena, writer, session, state_);
}

void Origin::onSessionClosed(http::ServerSession& session) {
  session.unlink();
  if (draining_ && sessions_.empty()) loop_.stop();
}

void Origin::drain() {
  listener_->acceptRestAndClose();
  draining_ = true;
  sessions_.forEach([](http::ServerSession& session) { session.drain(); });
  if (sessions_.empty()) loop_.stop();
}

}  // namespace headgate::origin
