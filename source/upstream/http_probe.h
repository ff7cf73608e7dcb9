#pragma once
// A health check that asks by a request, over the proxy's own client.

#include "source/base/arena.h"
#include "source/http/client_session.h"
#include "source/upstream/probe.h"

namespace headgate::upstream {

/// Well is who answers with an expected status, as far as the end of the response; of its body at most kMaxBody is
/// read. Keeps the connection for the next request if it may and the host does; one that turns out to be closed is made
/// anew without this counting as a failure. Main thread.
class HttpProbe final : public Probe, private http::ClientSessionOwner, private http::MessageSink {
 public:
  static constexpr size_t kMaxBody = 64 * 1024;

  HttpProbe(event::Loop& loop, const net::Address& address, const HealthCheckConfig& config, ProbeOwner& owner);
  ~HttpProbe() override { cancel(), disconnect(); }

  void start() override;
  void cancel() override;

 private:
  void onSessionReady(http::ClientSession& session) override;
  void onConnectFailed(http::ClientSession& session, const base::Error& error) override;
  void onSessionAvailable(http::ClientSession& session) override;
  void onSessionClosed(http::ClientSession& session) override;
  void onHead(http::MessageHead& head, bool end) override;
  void onData(base::Buffer& data, bool end) override;
  void onTrailers(http::HeaderList& trailers) override;
  void onReset(const base::Error& error) override;
  void onWriteBlocked(bool) override {}

  void connect();
  void disconnect();
  void ask();
  void finish(std::optional<std::string> failure);
  [[nodiscard]] std::optional<std::string> verdict() const;

  event::Loop& loop_;
  const net::Address address_;
  const HealthCheckConfig& config_;
  ProbeOwner& owner_;
  const std::string authority_;
  const http::CodecLimits limits_;
  base::Arena arena_;
  http::ClientSession* session_ = nullptr;  ///< connecting, busy or idle
  http::MessageWriter* writer_ = nullptr;
  size_t bodyBytes_ = 0;
  uint16_t status_ = 0;
  bool probing_ = false;
  bool reused_ = false;  ///< the connection had carried a request before
};

}  // namespace headgate::upstream
