#include "admin/listener.h"

#include <glog/logging.h>
#include <unistd.h>

#include <system_error>

namespace headgate::admin {

AdminListener::AdminListener(event::Loop& loop, const server::AdminConfig& config, const RouteTable& routes,
                             AuditLog& audit)
    : loop_(loop), address_(*config.address), authenticator_(config.tokens), gate_{routes, authenticator_, audit} {
  settings_.idleTimeout = kIdle;
  settings_.limits.rules.upgrades.clear();  // nothing here is a tunnel
}

AdminListener::~AdminListener() {
  while (!sessions_.empty()) sessions_.popFront().abort();
  if (listener_ && bound_.isUnix()) ::unlink(bound_.path().c_str());
}

base::Status AdminListener::open() {
  auto socket = net::listenOn(address_, false);
  if (!socket) {
    base::Error error = std::move(socket.error());
    error.message = "the admin listener " + error.message +
                    R"((another address: "admin": {"address": ...} or --admin; "off" does without))";
    return tl::unexpected(std::move(error));
  }
  bound_ = net::boundAddress(*socket, address_);
  listener_ = std::make_unique<net::Listener>(loop_, std::move(*socket), static_cast<net::AcceptHandler&>(*this));
  listener_->resume();
  LOG(INFO) << "admin listens on " << bound_.text();
  return {};
}

void AdminListener::onAccept(net::Socket socket, const net::IpAddress& peer) {
  sessions_.pushBack(http::ServerSession::start(loop_, std::move(socket), peer, nextId_++, settings_, *this));
  ++count_;
}

void AdminListener::onAcceptError(int errnum) {
  LOG(WARNING) << "admin: accept: " << std::generic_category().message(errnum);
}

http::RequestSink& AdminListener::newStream(http::ServerSession& session, base::Arena& arena,
                                            http::MessageWriter& writer) {
  return *arena.make<Exchange>(arena, writer, session, gate_);
}

void AdminListener::onSessionClosed(http::ServerSession& session) {
  session.unlink();
  if (count_-- == kMaxConnections) listener_->resume();
}

}  // namespace headgate::admin
