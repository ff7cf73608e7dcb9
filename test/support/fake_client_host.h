#pragma once
// The session of a client codec, played by a test: it records what the codec says and gives it responses.

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/event/loop.h"
#include "source/http/h1/client_codec.h"
#include "test/support/fake_clock.h"
#include "test/support/message_recorder.h"
#include "test/support/outgoing_message.h"
#include "test/support/slices.h"
#include "test/support/wire.h"

namespace headgate::test {

/// One request's writer and the response to it; the writer is null once it was released.
struct ClientExchange {
  explicit ClientExchange(base::ChunkPool& chunks) : arena(chunks) {}

  base::Arena arena;
  MessageRecorder response;
  http::MessageWriter* writer = nullptr;

  void release() {
    if (auto* it = std::exchange(writer, nullptr)) it->release();
  }
};

/// A client codec over a real connection whose backend is the test. `feed` gives bytes to the codec in the pieces that
/// the test wants; `sent` is what has gone to the backend.
class FakeClientHost final : public http::ClientCodecHost, private net::ConnectionHandler {
 public:
  explicit FakeClientHost(const http::CodecLimits& limits = {}) : limits_(limits) {}
  ~FakeClientHost() {
    connection_.close();
    for (ClientExchange& exchange : exchanges) exchange.release();
  }

  /// Begins a stream and writes `request`.
  ClientExchange& begin(const OutgoingMessage& request = {}) {
    ClientExchange& exchange = newStream();
    request.sendTo(*exchange.writer, loop.slabs());
    return exchange;
  }
  /// Begins a stream of which nothing is written yet.
  ClientExchange& newStream() {
    ClientExchange& exchange = exchanges.emplace_back(loop.chunks());
    exchange.writer = &codec.newStream(exchange.arena, exchange.response);
    return exchange;
  }

  /// Gives `bytes` in pieces of `step` (0: all at once), after what was written has gone out.
  void feed(std::string_view bytes, size_t step = 0) {
    turn();
    if (step == 0) step = bytes.size();
    for (size_t at = 0; at < bytes.size(); at += step) codec.receive(sliceOf(loop.slabs(), bytes.substr(at, step)));
    turn();
  }
  void turn() { loop.runOnce(false); }
  [[nodiscard]] std::string sent() {
    turn();
    return wire.receive();
  }

  // ClientCodecHost
  net::Connection& connection() override { return connection_; }
  void onStreamDone(bool reusable) override { calls.emplace_back(reusable ? "reusable" : "spent"); }
  void closeAfterOutput() override { calls.emplace_back("close after output"); }
  void onUnusable() override { calls.emplace_back("unusable"); }

  FakeClock clock;
  event::Loop loop{clock};
  Wire wire;
  std::deque<ClientExchange> exchanges;
  std::vector<std::string> calls;  ///< of the codec to its host, in order

 private:
  void onData(base::Slice bytes) override { codec.receive(std::move(bytes)); }
  void onEof() override { codec.receiveEof(); }
  void onLost(const base::Error& error) override { codec.connectionLost(error); }
  void onWriteBlocked(bool blocked) override { codec.outputBlocked(blocked); }

  http::CodecLimits limits_;
  net::Connection connection_{loop, wire.takeNear(), *this, false};

 public:
  http::h1::ClientCodec codec{*this, limits_};
};

}  // namespace headgate::test
