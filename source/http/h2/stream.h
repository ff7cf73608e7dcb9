#pragma once
// One stream of an HTTP/2 connection: what waits to be sent, what waits to be taken, and the windows of both.

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <optional>

#include "source/base/arena.h"
#include "source/base/buffer.h"
#include "source/http/h2/endpoint.h"
#include "source/http/stream.h"

namespace headgate::http::h2 {

/// The half that servers and clients share. Lives in its own arena from its first frame until nghttp2 has closed it and
/// its user has released it, whichever is later: a response that is complete for its user may wait here for the peer's
/// window. Worker thread.
///
///   output   None ──head──▶ Open ──end──▶ Ended (what waits still goes out)
///                             └──reset────▶ Reset
///   input    Open ──end──▶ Ended ──told──▶ Told            any ──reset, malformed──▶ Reset
class Stream : public MessageWriter, public base::ListHook, public event::Disposable {
 public:
  /// Bytes that wait for the peer's window before their source is paused, and the level at which it goes on.
  static constexpr size_t kHighWatermark = 64 * 1024;
  static constexpr size_t kLowWatermark = 16 * 1024;

  [[nodiscard]] int32_t id() const { return id_; }
  void setId(int32_t id) { id_ = id; }

  // MessageWriter
  void writeData(base::Buffer& data, bool end) override;
  void writeTrailers(const HeaderList& trailers) override;
  void setReading(bool on) override;
  void closeAfterStream() override {}

  /// DATA has come.
  void receiveData(base::Slice bytes);
  /// END_STREAM has come.
  void receiveEnd();
  /// Gives the sink what has come, if it is reading.
  void deliver();

  /// For nghttp2: how many bytes may be sent now (0 with `end` false: none yet), and the sending of them.
  [[nodiscard]] size_t sendable(size_t most, bool& end);
  void send(base::Buffer& to, size_t bytes, base::MonotonicTime now);
  void unblock();
  [[nodiscard]] const nghttp2_nv* trailers(size_t& count) const {
    count = trailerCount_;
    return trailers_;
  }
  void deferred() { deferred_ = true; }
  [[nodiscard]] bool stalled(base::MonotonicTime since) const { return !output_.empty() && progress_ <= since; }

  /// The peer's message breaks the protocol.
  virtual void malformed(const base::Error& error) = 0;
  /// A field of the block that is being received.
  virtual void receiveField(std::string_view name, std::string_view value) = 0;
  /// Bytes of the block that is being received, by the measure of FieldLimits.
  [[nodiscard]] virtual uint64_t blockSize() const = 0;
  /// The connection went.
  virtual void lost(const base::Error& error) = 0;
  /// Closed by nghttp2: its peer or we have ended it.
  void closed();
  /// Sends RST_STREAM.
  void reset(ErrorCode code);
  void fail(const base::Error& error);

 protected:
  enum class Output : uint8_t { None, Open, Ended, Reset };
  enum class Input : uint8_t { Open, Ended, Told, Reset };

  Stream(base::Arena&& arena, Endpoint& endpoint, int32_t id);
  ~Stream() = default;  // touches no endpoint: it may be gone by then

  /// Fields as nghttp2 wants them, in the arena; `before` and `after` places are left at the ends. Their text is not
  /// copied on a server, where it lives in the stream's own arena; a client's user may be gone before nghttp2 has sent
  /// it.
  [[nodiscard]] nghttp2_nv* fields(const HeaderList& headers, size_t before, size_t after);
  [[nodiscard]] nghttp2_nv field(std::string_view name, std::string_view value) const;
  /// The body that the head declared.
  void expectOutput(std::optional<uint64_t> length) { remaining_ = length; }
  void expectInput(std::optional<uint64_t> length) { inputRemaining_ = length; }
  /// No callback follows; the stream goes when nghttp2 has closed it.
  void detach();
  void countArena();
  [[nodiscard]] bool bodyBegun() const { return bodyBegun_; }
  [[nodiscard]] bool outputWaits() const { return !output_.empty(); }
  void receiveTrailers(HeaderList& trailers) { inputTrailers_ = &trailers; }

  Endpoint& endpoint_;
  base::Arena arena_;
  MessageSink* sink_ = nullptr;
  Output outputState_ = Output::None;
  Input inputState_ = Input::Open;
  bool closed_ = false;
  bool reading_ = true;

 private:
  friend class Endpoint;

  void take(size_t bytes);
  void setPending(bool pending);

  base::Buffer output_;
  base::Buffer input_;
  HeaderList* inputTrailers_ = nullptr;
  const nghttp2_nv* trailers_ = nullptr;
  uint32_t trailerCount_ = 0;
  uint32_t untaken_ = 0;                    ///< received bytes whose window has not been returned
  std::optional<uint64_t> remaining_;       ///< of the declared length of what we send
  std::optional<uint64_t> inputRemaining_;  ///< of what we receive
  base::MonotonicTime progress_ = 0;        ///< when output last moved
  size_t counted_ = 0;                      ///< bytes of the arena that are counted at the endpoint
  int32_t id_;
  bool deferred_ = false;   ///< nghttp2 has asked for bytes when there were none
  bool blocked_ = false;    ///< the source of the output was told to wait
  bool pending_ = false;    ///< counted among the endpoint's pending streams
  bool bodyBegun_ = false;  ///< a byte of DATA has come
  bool queued_ = false;     ///< in Endpoint::deliveries_
};

}  // namespace headgate::http::h2
