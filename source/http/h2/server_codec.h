#pragma once
// HTTP/2 towards clients, by prior knowledge or after ALPN.

#include "source/http/codec.h"
#include "source/http/h2/endpoint.h"

namespace headgate::http::h2 {

class ServerStream;

/// One connection; its streams are independent of one another. A malformed request is answered with 400 like over
/// HTTP/1.1 and its stream reset; what breaks the connection's own rules ends it with GOAWAY. Worker thread.
///
/// `drain` says GOAWAY twice (RFC 9113 section 6.8): first for the highest number, so that requests on their way are
/// still answered, then, when a PING shows that the client has seen it, for the last one that was.
class ServerCodec final : public http::ServerCodec, private Endpoint {
 public:
  ServerCodec(ServerCodecHost& host, const CodecLimits& limits);
  ~ServerCodec() override = default;

  void receive(base::Slice bytes) override;
  void receiveEof() override;
  void connectionLost(const base::Error& error) override;
  void outputBlocked(bool /*blocked*/) override {}
  void outputDrained() override { drained(); }
  void headTimeout() override;
  void drain() override;
  void goodbye() override;
  [[nodiscard]] bool idle() const override { return streamCount() == 0; }

  /// Bytes that this connection holds, for tests and figures.
  [[nodiscard]] size_t memoryInUse() const { return memory(); }

 private:
  friend class ServerStream;
  enum class Drain : uint8_t { No, Announced, Final };

  void onBeginHeaders(int32_t id, Stream* stream) override;
  void onHeadersEnd(Stream& stream, bool endStream, uint32_t wireBytes) override;
  void onStreamClosed(Stream& stream, uint32_t code) override;
  void onSent(Stream& stream, bool end) override;
  void onPingAck() override;
  void onDisowned() override;
  void onFlooded(Flood kind) override { host_.onFlood(kind); }
  void onOver(const base::Error& error) override;
  void tellPartial();

  ServerCodecHost& host_;
  uint64_t requests_ = 0;
  uint64_t partialUnit_ = 0;  ///< what the head timer runs for
  Drain drain_ = Drain::No;
  bool partialTold_ = false;
  bool idleUntold_ = false;  ///< the last stream ended within a partial frame
};

}  // namespace headgate::http::h2
