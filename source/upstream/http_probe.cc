#include "source/upstream/http_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace headgate::upstream {

HttpProbe::HttpProbe(event::Loop& loop, const net::Address& address, const HealthCheckConfig& config, ProbeOwner& owner)
    : loop_(loop),
      address_(address),
      config_(config),
      owner_(owner),
      authority_(!config.host.empty() ? config.host
                 : address.isUnix()   ? "localhost"
                                      : address.text()),
      arena_(loop.chunks()) {}

void HttpProbe::start() {
  probing_ = true;
  reused_ = session_ != nullptr;
  session_ != nullptr ? ask() : connect();
}

void HttpProbe::cancel() {
  if (!std::exchange(probing_, false)) return;
  if (http::MessageWriter* writer = std::exchange(writer_, nullptr)) writer->release();
  disconnect();
}

void HttpProbe::connect() {
  auto socket = net::connectTo(address_);
  if (!socket) return finish(connectFailure(socket.error()));
  session_ = &http::ClientSession::connect(loop_, std::move(*socket), config_.timeout, limits_, *this);
}

void HttpProbe::disconnect() {
  if (http::ClientSession* session = std::exchange(session_, nullptr)) session->close();
}

void HttpProbe::ask() {
  arena_.reset();
  status_ = 0;
  bodyBytes_ = 0;
  writer_ = &session_->newStream(arena_, *this);
  if (!config_.reuseConnection) writer_->closeAfterStream();
  http::MessageHead head(arena_);
  head.method = config_.method;
  head.methodText = http::text(config_.method);
  head.scheme = "http";
  head.authority = authority_;
  head.path = config_.path;
  for (const auto& [name, value] : config_.headers) head.headers.add(name, value);
  if (head.headers.find(http::HeaderName::UserAgent) == nullptr)
    head.headers.add(http::HeaderName::UserAgent, "headgate-health-check");
  writer_->writeHead(head, true);
}

void HttpProbe::finish(std::optional<std::string> failure) {
  if (http::MessageWriter* writer = std::exchange(writer_, nullptr)) writer->release();
  if (!std::exchange(probing_, false)) return;
  if (!config_.reuseConnection || failure) disconnect();
  owner_.onProbeDone(std::move(failure));
}

std::optional<std::string> HttpProbe::verdict() const {
  const bool well = std::find(config_.expected.begin(), config_.expected.end(), status_) != config_.expected.end();
  return well ? std::nullopt : std::optional(fmt::format("{}", status_));
}

void HttpProbe::onSessionReady(http::ClientSession& /*session*/) { ask(); }

void HttpProbe::onConnectFailed(http::ClientSession& /*session*/, const base::Error& error) {
  session_ = nullptr;
  finish(connectFailure(error));
}

void HttpProbe::onSessionAvailable(http::ClientSession& session) { session.idleFor(base::Duration(0)); }

void HttpProbe::onSessionClosed(http::ClientSession& session) {
  if (session_ == &session) session_ = nullptr;
}

void HttpProbe::onHead(http::MessageHead& head, bool end) {
  status_ = head.status;
  if (end) finish(verdict());
}

void HttpProbe::onData(base::Buffer& data, bool end) {
  bodyBytes_ += data.size();
  data.clear();
  if (end || bodyBytes_ > kMaxBody) finish(verdict());
}

void HttpProbe::onTrailers(http::HeaderList& /*trailers*/) { finish(verdict()); }

void HttpProbe::onReset(const base::Error& error) {
  if (http::MessageWriter* writer = std::exchange(writer_, nullptr)) writer->release();
  session_ = nullptr;  // closes by itself
  // The host may have closed a kept connection just when it was used again.
  if (probing_ && status_ == 0 && std::exchange(reused_, false)) return connect();
  finish(error.message);
}

}  // namespace headgate::upstream
