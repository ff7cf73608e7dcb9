#pragma once
// Takes the framing off an HTTP/1 body: length, chunked, or until the connection ends.

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "source/base/buffer.h"
#include "source/base/error.h"
#include "source/base/slab_pool.h"
#include "source/http/h1/head_parser.h"
#include "source/http/header_list.h"

namespace headgate::http::h1 {

/// RFC 9112 section 7.1 as a state machine over whatever pieces arrive. Body bytes leave as shares of the slice they
/// came in. Not thread-safe.
///
/// Refused: chunk sizes over 2^63-1 or of more than 16 digits, anything between a size and its CRLF but extensions of
/// the grammar of section 7.1.1 (without its "bad" white space), bare LF, bare CR, anything but CRLF after chunk data,
/// more than kMaxExtensionBytes of extensions in a chunk line or than kMaxExtensionDebt over all lines with less than
/// that much data between them, trailers over `trailerLimits`. Extensions are dropped. After an error every call fails
/// again.
///
///   ChunkSize ──▶ (Extension...)* ──▶ ChunkSizeLf ─size > 0─▶ ChunkData ──▶ ChunkDataCr ──▶ ChunkDataLf ──▶ ChunkSize
///                                          └─────── 0 ──────▶ Trailers ──▶ Complete
class BodyDecoder {
 public:
  static constexpr uint32_t kMaxExtensionBytes = 256;
  static constexpr uint32_t kMaxExtensionDebt = 4096;
  static constexpr uint32_t kFirstTrailerBytes = 256;  ///< doubled as the section grows

  BodyDecoder() = default;
  /// Begins a body. `source` of the errors: Downstream gives BadRequest (trailers too large: HeadersTooLarge), Upstream
  /// gives UpstreamProtocol.
  void start(BodyFraming framing, uint64_t contentLength, base::ErrorSource source, const HeadLimits& trailerLimits);

  /// Consumes from the front of `in`, appending body bytes to `out`, until the body ends or the slice is used up. True
  /// once the body is complete (the rest of `in` belongs to the next message). `trailers` is filled by the call that
  /// completes the body; its views live in its arena.
  [[nodiscard]] base::Result<bool> decode(base::Slice& in, base::Buffer& out, HeaderList& trailers);

  /// The peer ended its side. True when that ends the body properly (UntilClose, or it is complete); false: the message
  /// is truncated.
  [[nodiscard]] bool atEof() const { return state_ == State::UntilClose || state_ == State::Complete; }

  [[nodiscard]] bool complete() const { return state_ == State::Complete; }
  [[nodiscard]] bool chunked() const { return framing_ == BodyFraming::Chunked; }

 private:
  enum class State : uint8_t {
    Length,
    ChunkSize,
    ExtensionName,       // behind ';'
    ExtensionValue,      // behind '=', as a token
    ExtensionQuoted,     // within a quoted-string
    ExtensionEscaped,    // behind its backslash
    ExtensionQuotedEnd,  // behind its closing quote
    ChunkSizeLf,
    ChunkData,
    ChunkDataCr,
    ChunkDataLf,
    Trailers,
    UntilClose,
    Complete,
    Failed
  };

  void takeData(base::Slice& in, base::Buffer& out);
  base::Status takeFraming(base::Slice& in);
  base::Status takeFramingByte(char c);
  base::Status takeSizeDigit(char c);
  base::Status takeExtensionByte(char c);
  base::Status endExtension(char c);
  void beginExtension(State part);
  base::Status countExtensionByte();
  base::Status takeTrailers(base::Slice& in, HeaderList& trailers);
  void keepTrailer(std::string_view bytes, base::Arena& arena);
  base::Status endTrailers(HeaderList& trailers);
  tl::unexpected<base::Error> refuse(std::string message, base::ErrorCode code = base::ErrorCode::BadRequest);

  BodyFraming framing_ = BodyFraming::None;
  State state_ = State::Complete;
  base::ErrorSource source_ = base::ErrorSource::Downstream;
  uint8_t sizeDigits_ = 0;        ///< of the chunk size that is being read
  bool extensionIsEmpty_ = true;  ///< nothing yet of the name or value that is being read
  uint32_t extensionBytes_ = 0;   ///< of this chunk line
  uint64_t extensionDebt_ = 0;    ///< of all chunk lines, less the data since
  uint64_t remaining_ = 0;        ///< data still to come: of the body (Length) or of the chunk
  HeadLimits trailerLimits_;
  char* trailerBytes_ = nullptr;  ///< the trailer section so far, in the arena of the trailers
  uint32_t trailerSize_ = 0;
  uint32_t trailerCapacity_ = 0;
  uint32_t trailerLine_ = 0;  ///< where the last line in trailerBytes_ begins
};
static_assert(std::is_trivially_destructible_v<BodyDecoder>, "it lives in arenas");

}  // namespace headgate::http::h1
