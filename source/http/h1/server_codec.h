#pragma once
// HTTP/1.0 and 1.1 towards clients: requests one at a time, in the order in which they were sent.

#include <memory>
#include <string>

#include "source/http/codec.h"
#include "source/http/h1/body_decoder.h"
#include "source/http/h1/head_parser.h"

namespace headgate::http::h1 {

class ServerStream;

/// One connection. While a request is being answered its successors wait in `pending_` (bounded); they are parsed at
/// the end of the turn in which the response is complete, or later, when the client has taken most of it: who reads no
/// responses gets no further ones. An idle codec holds no memory but itself. Behind an upgrade they wait too, until its
/// answer: they are the first bytes of the tunnel if it is 101; if it is not, nobody can say what they were meant for,
/// and the connection ends. Worker thread.
///
///            head complete              response written and request read
///   Idle ───────────────────▶ Open ──────────────────────────────────────▶ Idle (keep-alive)
///     │ malformed, late         │ response complete before the request, close wanted, bad body, a tunnel
///     └──▶ Open (invalid) ──────┴──▶ Closing: FIN after the last byte, input dropped
class ServerCodec final : public http::ServerCodec, private event::TurnTask {
 public:
  ServerCodec(ServerCodecHost& host, const CodecLimits& limits) : host_(host), limits_(limits) {}
  ~ServerCodec() override;

  void receive(base::Slice bytes) override;
  void receiveEof() override;
  void connectionLost(const base::Error& error) override;
  void outputBlocked(bool blocked) override;
  void headTimeout() override;
  void drain() override { draining_ = true; }
  void goodbye() override { host_.closeGracefully(); }
  [[nodiscard]] bool idle() const override { return stream_ == nullptr && !pending_; }

 private:
  friend class ServerStream;

  void runAtTurnEnd() override { processPending(); }
  void process(base::Slice bytes);
  void processPending();
  void processEarlyBytes();
  void endInput();
  [[nodiscard]] base::Slice sliceOf(std::string_view bytes);
  /// Parses a head out of `bytes`; the bytes consumed, 0 when more are needed or the codec is closing.
  size_t parseHead(std::string_view bytes, size_t scanned);
  void refuse(ServerStream& stream, const base::Error& error);
  void keep(std::string_view bytes);
  void streamDone(bool keepAlive);
  /// Whether the next request may be parsed: no other is open, and the client takes what it has asked for already.
  [[nodiscard]] bool mayBegin() const;
  void updateReading();
  [[nodiscard]] bool keepCase() const { return limits_.rules.keepHeaderCase; }
  void close();

  ServerCodecHost& host_;
  const CodecLimits& limits_;
  ServerStream* stream_ = nullptr;
  /// A partial head, or what follows the request that is being answered; null when there is nothing, so an idle
  /// connection does not pay for it.
  struct Pending {
    std::string bytes;
    size_t scanned = 0;  ///< how much of it is known to hold no end of a head
  };
  std::unique_ptr<Pending> pending_;
  bool draining_ = false;
  bool peerEnded_ = false;  ///< FIN received
  bool closing_ = false;    ///< input is dropped
  bool partialHead_ = false;
};

}  // namespace headgate::http::h1
