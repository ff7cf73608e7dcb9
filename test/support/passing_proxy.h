#pragma once
// The smallest proxy: what a server codec reads, a client codec writes.

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/http/h1/server_codec.h"
#include "test/support/fake_client_host.h"
#include "test/support/llhttp/oracle.h"

namespace headgate::test {

/// A request as an origin server understands it.
struct PassedRequest {
  std::string method;
  std::string target;
  std::string host;
  std::string body;

  bool operator==(const PassedRequest&) const = default;
};

/// Answers each request that came whole with 200, and each malformed one with 400. Requests that llhttp cannot read (a
/// method that it does not know), and upgrades, are answered but not passed on.
class PassingProxy final : private http::ServerCodecHost, private net::ConnectionHandler {
 public:
  PassingProxy() = default;
  ~PassingProxy() { connection_.close(); }
  PassingProxy(const PassingProxy&) = delete;
  PassingProxy& operator=(const PassingProxy&) = delete;

  /// Gives `bytes` in pieces of `step`, then the end of the connection.
  void feed(std::string_view bytes, size_t step) {
    for (size_t at = 0; at < bytes.size(); at += step) {
      codec_.receive(sliceOf(loop_.slabs(), bytes.substr(at, step)));
      settle();
    }
    codec_.receiveEof();
    settle();
  }

  /// The requests that were passed on whole, in order.
  [[nodiscard]] const std::vector<PassedRequest>& passed() const { return passed_; }
  /// What went to the backend, a text a connection.
  [[nodiscard]] std::vector<std::string> wires() {
    keepWire();
    return wires_;
  }

 private:
  /// One request on its way. Lives in the stream's arena; the proxy keeps what it allocates.
  class Sink final : public http::RequestSink {
   public:
    Sink(PassingProxy& proxy, base::Arena& arena, http::MessageWriter& writer)
        : proxy_(proxy), arena_(arena), writer_(writer) {}

    void onHead(http::MessageHead& head, bool end) override {
      proxy_.now_ = {std::string(head.methodText), std::string(head.path), std::string(head.authority), {}};
      passes_ = !head.isUpgrade() && llhttpKnowsMethod(head.methodText);
      if (passes_) {
        proxy_.exchange_ = &proxy_.backend().newStream();
        proxy_.exchange_->writer->writeHead(head, end);
      }
      if (end || head.isUpgrade()) answer(200);
    }
    void onData(base::Buffer& data, bool end) override {
      proxy_.now_.body += data.toString();
      if (passes_) {
        base::Buffer copy(proxy_.backend().loop.slabs());
        copy.append(data.toString());
        proxy_.exchange_->writer->writeData(copy, end);
      }
      data.clear();
      if (end) answer(200);
    }
    void onTrailers(http::HeaderList& trailers) override {
      if (passes_) proxy_.exchange_->writer->writeTrailers(trailers);
      answer(200);
    }
    void onReset(const base::Error& /*error*/) override {
      proxy_.dropBackend();
      answer(400);
    }
    void onInvalidRequest(http::MessageHead& /*partial*/, const base::Error& /*error*/) override { answer(400); }
    void onWriteBlocked(bool /*blocked*/) override {}

   private:
    void answer(uint16_t status) {
      if (status == 200 && passes_) proxy_.requestDone();
      http::MessageHead head(arena_);
      head.status = status;
      head.contentLength = 0;
      writer_.writeHead(head, true);
      writer_.release();
    }

    PassingProxy& proxy_;
    base::Arena& arena_;
    http::MessageWriter& writer_;
    bool passes_ = false;
  };

  FakeClientHost& backend() {
    if (!backend_) backend_ = std::make_unique<FakeClientHost>();
    return *backend_;
  }
  void requestDone() {
    passed_.push_back(now_);
    backend_->feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    exchange_->release();
    exchange_ = nullptr;
    if (backend_->codec.capacity() == 0) dropBackend();
  }
  void dropBackend() {
    keepWire();
    exchange_ = nullptr;
    backend_.reset();
  }
  void keepWire() {
    if (!backend_) return;
    wires_.push_back(std::exchange(sent_, {}) + backend_->sent());
  }
  void settle() {
    loop_.runOnce(false);
    (void)wire_.receive();
    if (backend_) sent_ += backend_->sent();
  }

  // http::ServerCodecHost
  net::Connection& connection() override { return connection_; }
  http::RequestSink& newStream(base::Arena& arena, http::MessageWriter& writer) override {
    return *arena.make<Sink>(*this, arena, writer);
  }
  void awaitingHead(bool /*partial*/) override {}
  void onIdle() override {}
  void closeGracefully() override {}
  // net::ConnectionHandler
  void onData(base::Slice /*bytes*/) override {}
  void onEof() override {}
  void onLost(const base::Error& error) override { codec_.connectionLost(error); }
  void onWriteBlocked(bool blocked) override { codec_.outputBlocked(blocked); }

  FakeClock clock_;
  event::Loop loop_{clock_};
  Wire wire_;
  http::CodecLimits limits_;
  net::Connection connection_{loop_, wire_.takeNear(), *this, false};
  http::h1::ServerCodec codec_{*this, limits_};
  std::unique_ptr<FakeClientHost> backend_;
  ClientExchange* exchange_ = nullptr;
  PassedRequest now_;
  std::vector<PassedRequest> passed_;
  std::vector<std::string> wires_;
  std::string sent_;  ///< to the backend of now
};

/// What llhttp, as strict as it can be, finds in what went to the backend; the mistake, if it finds one.
struct BackendView {
  std::vector<PassedRequest> requests;
  std::string complaint;
};

inline BackendView viewOf(const std::vector<std::string>& wires) {
  BackendView view;
  for (std::string_view wire : wires) {
    while (!wire.empty()) {
      OracleMessage message = readWithLlhttp(wire, {});
      if (!message.error.empty()) view.complaint = message.error + " in " + std::string(wire);
      if (!message.complete) break;  // the rest of a request that was given up
      PassedRequest request{message.method, message.target, {}, message.body};
      for (const auto& [name, value] : message.fields) {
        if (name == "host") request.host = value;
      }
      view.requests.push_back(std::move(request));
      wire.remove_prefix(message.consumed);
    }
  }
  return view;
}

}  // namespace headgate::test
