#pragma once
// HTTP/1.1 towards backends: one request at a time on a connection.

#include <string>

#include "source/http/codec.h"
#include "source/http/h1/body_decoder.h"
#include "source/http/h1/head_parser.h"

namespace headgate::http::h1 {

class ClientStream;

/// One connection. A stream ends by `release`; the connection is reusable only when both messages were complete, the
/// peer did not want to close, and not a byte came beyond the response: any doubt about framing ends it. Worker thread.
class ClientCodec final : public http::ClientCodec {
 public:
  ClientCodec(ClientCodecHost& host, const CodecLimits& limits) : host_(host), limits_(limits) {}
  ~ClientCodec() override;

  MessageWriter& newStream(base::Arena& arena, MessageSink& sink) override;
  void receive(base::Slice bytes) override;
  void receiveEof() override;
  void connectionLost(const base::Error& error) override;
  void outputBlocked(bool blocked) override;
  [[nodiscard]] uint32_t capacity() const override { return stream_ == nullptr && usable_ ? 1 : 0; }
  [[nodiscard]] uint32_t peerIdleTimeout() const override { return peerIdleTimeoutS_; }

 private:
  friend class ClientStream;

  ClientCodecHost& host_;
  const CodecLimits& limits_;
  ClientStream* stream_ = nullptr;
  std::string pending_;  ///< a partial response head
  size_t scanned_ = 0;
  uint32_t peerIdleTimeoutS_ = 0;
  bool usable_ = true;
};

}  // namespace headgate::http::h1
