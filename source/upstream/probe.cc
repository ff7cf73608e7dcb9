#include "source/upstream/probe.h"

#include "source/upstream/http_probe.h"
#include "source/upstream/tcp_probe.h"

namespace headgate::upstream {

std::unique_ptr<Probe> makeProbe(event::Loop& loop, const net::Address& address, const HealthCheckConfig& config,
                                 ProbeOwner& owner) {
  switch (config.kind) {
    case ProbeKind::Http: return std::make_unique<HttpProbe>(loop, address, config, owner);
    case ProbeKind::Tcp: return std::make_unique<TcpProbe>(loop, address, config, owner);
  }
  return nullptr;
}

std::string connectFailure(const base::Error& error) {
  return error.message.ends_with("Connection refused") ? "connect refused" : error.message;
}

}  // namespace headgate::upstream
