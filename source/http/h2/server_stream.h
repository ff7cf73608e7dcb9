#pragma once
// One exchange on the server's side of HTTP/2.

#include <optional>

#include "source/http/h2/head_reader.h"
#include "source/http/h2/stream.h"

namespace headgate::http::h2 {

class ServerCodec;

/// A request and its response. The sink and everything above live in its arena. Worker thread.
class ServerStream final : public Stream {
 public:
  ServerStream(base::Arena&& arena, Endpoint& endpoint, int32_t id);

  // MessageWriter
  void writeInformational(const MessageHead& head) override;
  void writeHead(const MessageHead& head, bool end) override;
  void release() override;
  // Stream
  void malformed(const base::Error& error) override;
  void receiveField(std::string_view name, std::string_view value) override;
  [[nodiscard]] uint64_t blockSize() const override;
  void lost(const base::Error& error) override;
  void dispose() noexcept override { base::Arena::destroyInOwnArena(this, arena_); }

  [[nodiscard]] bool hasHead() const { return !reader_; }
  void beginTrailers();
  /// A header block is complete: the request's head, for which `host` makes the sink, or its trailers.
  void headEnd(ServerCodecHost& host, bool end, uint32_t wireBytes);
  void trailersEnd(bool end);
  /// The response is out.
  void endSent();
  void closedBy(uint32_t code);

 private:
  void refuse(const base::Error& error);
  void prioritise();
  [[nodiscard]] uint16_t statusOf(const MessageHead& head) const;

  MessageHead head_;
  HeaderList trailers_;
  std::optional<RequestReader> reader_;  ///< until the head is complete
  std::optional<TrailerReader> trailerReader_;
  RequestSink* requestSink_ = nullptr;
  bool tunnel_ = false;                    ///< an upgrade was accepted: the directions end apart
  ErrorCode resetCode_ = ErrorCode::None;  ///< what the client is told when the response is over
};

}  // namespace headgate::http::h2
