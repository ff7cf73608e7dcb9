#pragma once
// The session of a server codec, played by a test: it records what the codec asks for and answers requests.

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/event/loop.h"
#include "source/http/h1/server_codec.h"
#include "test/support/fake_clock.h"
#include "test/support/message_recorder.h"
#include "test/support/outgoing_message.h"
#include "test/support/slices.h"
#include "test/support/wire.h"

namespace headgate::test {

/// One request and the writer of its response; the writer is null once it was released.
struct ServerExchange {
  MessageRecorder request;
  http::MessageWriter* writer = nullptr;

  void release() {
    if (auto* it = std::exchange(writer, nullptr)) it->release();
  }
};

/// A server codec over a real connection whose client is the test. `feed` gives bytes to the codec in the pieces that
/// the test wants; `sent` is what has gone to the client.
class FakeServerHost final : public http::ServerCodecHost, private net::ConnectionHandler {
 public:
  explicit FakeServerHost(const http::CodecLimits& limits = {}) : limits_(limits) {}
  ~FakeServerHost() {
    connection_.close();
    for (ServerExchange& exchange : exchanges) exchange.release();
  }

  /// Called after every event of a request. Without it the test answers.
  std::function<void(ServerExchange&)> onEvent;

  /// Gives `bytes` in pieces of `step` (0: all at once), each in a turn of its own.
  void feed(std::string_view bytes, size_t step = 0) {
    if (step == 0) step = bytes.size();
    for (size_t at = 0; at < bytes.size(); at += step) {
      codec.receive(sliceOf(loop.slabs(), bytes.substr(at, step)));
      turn();
    }
  }
  void feedEof() {
    codec.receiveEof();
    turn();
  }
  /// Tasks of the end of a turn run; what was written goes out.
  void turn() { loop.runOnce(false); }
  [[nodiscard]] std::string sent() {
    turn();
    return wire.receive();
  }

  /// Sends the response to the request `index` and releases it.
  void answer(size_t index, const OutgoingMessage& response) {
    response.sendTo(*exchanges.at(index).writer, loop.slabs());
    exchanges.at(index).release();
  }
  [[nodiscard]] const MessageRecorder::Lines& request(size_t index) { return exchanges.at(index).request.lines(); }

  // ServerCodecHost
  net::Connection& connection() override { return connection_; }
  http::RequestSink& newStream(base::Arena& /*arena*/, http::MessageWriter& writer) override {
    ServerExchange& exchange = exchanges.emplace_back();
    exchange.writer = &writer;
    exchange.request.afterEvent = [this, &exchange] {
      if (onEvent) onEvent(exchange);
    };
    return exchange.request;
  }
  void awaitingHead(bool partial) override { calls.emplace_back(partial ? "head begun" : "head over"); }
  void onIdle() override { calls.emplace_back("idle"); }
  void closeGracefully() override { calls.emplace_back("close"); }

  [[nodiscard]] bool called(std::string_view what) const {
    return std::find(calls.begin(), calls.end(), what) != calls.end();
  }

  FakeClock clock;
  event::Loop loop{clock};
  Wire wire;
  std::deque<ServerExchange> exchanges;
  std::vector<std::string> calls;  ///< of the codec to its host, in order

 private:
  void onData(base::Slice bytes) override { codec.receive(std::move(bytes)); }
  void onEof() override { codec.receiveEof(); }
  void onLost(const base::Error& error) override { codec.connectionLost(error); }
  void onWriteBlocked(bool blocked) override { codec.outputBlocked(blocked); }

  http::CodecLimits limits_;
  net::Connection connection_{loop, wire.takeNear(), *this, false};

 public:
  http::h1::ServerCodec codec{*this, limits_};
};

}  // namespace headgate::test
