#include "source/upstream/tcp_probe.h"

#include <utility>

namespace headgate::upstream {

void TcpProbe::start() {
  auto socket = net::connectTo(address_);
  if (!socket) return owner_.onProbeDone(connectFailure(socket.error()));
  connecting_ = &http::ClientSession::connect(loop_, std::move(*socket), config_.timeout, limits_, *this);
}

void TcpProbe::cancel() {
  if (http::ClientSession* session = std::exchange(connecting_, nullptr)) session->close();
}

void TcpProbe::onSessionReady(http::ClientSession& session) {
  connecting_ = nullptr;
  session.close();
  owner_.onProbeDone({});
}

void TcpProbe::onConnectFailed(http::ClientSession& /*session*/, const base::Error& error) {
  connecting_ = nullptr;
  owner_.onProbeDone(connectFailure(error));
}

}  // namespace headgate::upstream
