#pragma once
// A health check that only connects.

#include "source/http/client_session.h"
#include "source/upstream/probe.h"

namespace headgate::upstream {

/// Well is who accepts a connection; it is closed at once. Main thread.
class TcpProbe final : public Probe, private http::ClientSessionOwner {
 public:
  TcpProbe(event::Loop& loop, const net::Address& address, const HealthCheckConfig& config, ProbeOwner& owner)
      : loop_(loop), address_(address), config_(config), owner_(owner) {}
  ~TcpProbe() override { cancel(); }

  void start() override;
  void cancel() override;

 private:
  void onSessionReady(http::ClientSession& session) override;
  void onConnectFailed(http::ClientSession& session, const base::Error& error) override;
  void onSessionAvailable(http::ClientSession&) override {}
  void onSessionClosed(http::ClientSession&) override {}

  event::Loop& loop_;
  const net::Address address_;
  const HealthCheckConfig& config_;
  ProbeOwner& owner_;
  const http::CodecLimits limits_;
  http::ClientSession* connecting_ = nullptr;
};

}  // namespace headgate::upstream
