#include "source/http/h1/body_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "source/http/characters.h"
#include "source/http/h1/head_fields.h"

namespace headgate::http::h1 {
namespace {

constexpr uint64_t kMaxChunkBytes = (uint64_t{1} << 63) - 1;
constexpr uint8_t kMaxSizeDigits = 16;  // of kMaxChunkBytes; bounds leading zeros too

}  // namespace

void BodyDecoder::start(BodyFraming framing, uint64_t contentLength, base::ErrorSource source,
                        const HeadLimits& trailerLimits) {
  framing_ = framing;
  source_ = source;
  trailerLimits_ = trailerLimits;
  remaining_ = 0;
  sizeDigits_ = 0;
  extensionBytes_ = 0;
  extensionDebt_ = 0;
  trailerBytes_ = nullptr;
  trailerSize_ = 0;
  trailerCapacity_ = 0;
  trailerLine_ = 0;
  switch (framing) {
    case BodyFraming::None: state_ = State::Complete; break;
    case BodyFraming::ContentLength:
      remaining_ = contentLength;
      state_ = contentLength == 0 ? State::Complete : State::Length;
      break;
    case BodyFraming::Chunked: state_ = State::ChunkSize; break;
    case BodyFraming::UntilClose: state_ = State::UntilClose; break;
  }
}

tl::unexpected<base::Error> BodyDecoder::refuse(std::string message, base::ErrorCode code) {
  state_ = State::Failed;
  return h1::refuse(source_, code, std::move(message));
}

base::Result<bool> BodyDecoder::decode(base::Slice& in, base::Buffer& out, HeaderList& trailers) {
  while (!in.empty() && state_ != State::Complete) {
    base::Status status;
    switch (state_) {
      case State::Length:
      case State::ChunkData: takeData(in, out); break;
      case State::UntilClose: out.append(std::exchange(in, base::Slice())); break;
      case State::Trailers: status = takeTrailers(in, trailers); break;
      case State::ChunkSize:
      case State::ExtensionName:
      case State::ExtensionValue:
      case State::ExtensionQuoted:
      case State::ExtensionEscaped:
      case State::ExtensionQuotedEnd:
      case State::ChunkSizeLf:
      case State::ChunkDataCr:
      case State::ChunkDataLf: status = takeFraming(in); break;
      case State::Failed: status = refuse("the body goes on after an error in its framing"); break;
      case State::Complete: break;
    }
    if (!status) return tl::unexpected(std::move(status.error()));
  }
  return state_ == State::Complete;
}

void BodyDecoder::takeData(base::Slice& in, base::Buffer& out) {
  const auto count = static_cast<size_t>(std::min<uint64_t>(remaining_, in.size()));
  remaining_ -= count;
  extensionDebt_ -= std::min<uint64_t>(extensionDebt_, count);
  out.append(count == in.size() ? std::exchange(in, base::Slice()) : in.splitFront(count));
  if (remaining_ == 0) state_ = state_ == State::Length ? State::Complete : State::ChunkDataCr;
}

base::Status BodyDecoder::takeFraming(base::Slice& in) {
  const std::string_view bytes = in.view();
  size_t used = 0;
  base::Status status;
  do {
    status = takeFramingByte(bytes[used++]);
  } while (status && used < bytes.size() && state_ != State::ChunkData && state_ != State::Trailers);
  in.removePrefix(used);
  return status;
}

base::Status BodyDecoder::takeFramingByte(char c) {
  switch (state_) {
    case State::ChunkSize: return takeSizeDigit(c);
    case State::ExtensionName:
    case State::ExtensionValue:
    case State::ExtensionQuoted:
    case State::ExtensionEscaped:
    case State::ExtensionQuotedEnd: return takeExtensionByte(c);
    case State::ChunkSizeLf:
      if (c != '\n') return refuse("a bare CR in a chunk line");
      state_ = remaining_ > 0 ? State::ChunkData : State::Trailers;
      sizeDigits_ = 0;
      extensionBytes_ = 0;
      return {};
    case State::ChunkDataCr:
      if (c != '\r') return refuse("chunk data is followed by " + inQuotes({&c, 1}) + ", expected CRLF");
      state_ = State::ChunkDataLf;
      return {};
    case State::ChunkDataLf:
      if (c != '\n') return refuse("a bare CR after chunk data");
      state_ = State::ChunkSize;
      return {};
    case State::Length:
    case State::ChunkData:
    case State::Trailers:
    case State::UntilClose:
    case State::Complete:
    case State::Failed: break;
  }
  return refuse("the body goes on after an error in its framing");
}

base::Status BodyDecoder::takeSizeDigit(char c) {
  const int digit = hexValue(c);
  if (digit >= 0) {
    if (sizeDigits_++ == kMaxSizeDigits) return refuse("a chunk size of more than 16 digits");
    if (remaining_ > kMaxChunkBytes >> 4) return refuse("a chunk size over 2^63-1");
    remaining_ = remaining_ << 4 | static_cast<uint64_t>(digit);
    return {};
  }
  if (sizeDigits_ == 0)
    return refuse("a chunk size begins with " + inQuotes({&c, 1}) + ", expected a hexadecimal digit");
  if (c == '\r') {
    state_ = State::ChunkSizeLf;
  } else if (c == ';') {
    beginExtension(State::ExtensionName);
    return countExtensionByte();
  } else {
    return refuse("a chunk size is followed by " + inQuotes({&c, 1}) + ", expected CRLF or an extension");
  }
  return {};
}

void BodyDecoder::beginExtension(State part) {
  state_ = part;
  extensionIsEmpty_ = true;
}

base::Status BodyDecoder::countExtensionByte() {
  ++extensionDebt_;
  if (++extensionBytes_ > kMaxExtensionBytes) return refuse("more than 256 bytes of extensions in a chunk line");
  if (extensionDebt_ > kMaxExtensionDebt) return refuse("more chunk extensions than data");
  return {};
}

// chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] )
base::Status BodyDecoder::takeExtensionByte(char c) {
  if (c != '\r') {
    if (auto status = countExtensionByte(); !status) return status;
  }
  if (state_ == State::ExtensionQuoted || state_ == State::ExtensionEscaped) {
    if (!is(c, kFieldValueChar)) return refuse("a chunk extension holds " + inQuotes({&c, 1}));
    const bool isSpecial = state_ == State::ExtensionQuoted;
    state_ = isSpecial && c == '"'    ? State::ExtensionQuotedEnd
             : isSpecial && c == '\\' ? State::ExtensionEscaped
                                      : State::ExtensionQuoted;
    return {};
  }
  if (state_ != State::ExtensionQuotedEnd && is(c, kTokenChar)) {
    extensionIsEmpty_ = false;
    return {};
  }
  if (state_ == State::ExtensionValue && extensionIsEmpty_ && c == '"') {
    extensionIsEmpty_ = false;
    state_ = State::ExtensionQuoted;
    return {};
  }
  return endExtension(c);
}

// `c` stands behind a name or a value.
base::Status BodyDecoder::endExtension(char c) {
  if (extensionIsEmpty_ || (c != '\r' && c != ';' && (c != '=' || state_ != State::ExtensionName))) {
    return refuse("a malformed chunk extension at " + inQuotes({&c, 1}));
  }
  if (c == '\r') {
    state_ = State::ChunkSizeLf;
  } else {
    beginExtension(c == '=' ? State::ExtensionValue : State::ExtensionName);
  }
  return {};
}

// Whole lines up to the empty one; a message without trailers, which is nearly every one, copies nothing when its last
// CRLF comes in one piece.
base::Status BodyDecoder::takeTrailers(base::Slice& in, HeaderList& trailers) {
  if (trailerSize_ == 0 && in.view().starts_with("\r\n")) {
    in.removePrefix(2);
    state_ = State::Complete;
    return {};
  }
  while (!in.empty()) {
    const std::string_view bytes = in.view();
    const size_t lf = bytes.find('\n');
    const size_t take = lf == std::string_view::npos ? bytes.size() : lf + 1;
    if (trailerSize_ + take > trailerLimits_.maxBytes) {
      return refuse("the trailers are longer than " + std::to_string(trailerLimits_.maxBytes) + " bytes",
                    base::ErrorCode::HeadersTooLarge);
    }
    keepTrailer(bytes.substr(0, take), trailers.arena());
    in.removePrefix(take);
    if (lf == std::string_view::npos) return {};
    const size_t lineBytes = trailerSize_ - trailerLine_;
    if (lineBytes < 2 || trailerBytes_[trailerSize_ - 2] != '\r') {
      return refuse("a trailer line ends in LF without CR");
    }
    if (lineBytes == 2) return endTrailers(trailers);
    trailerLine_ = trailerSize_;
  }
  return {};
}

void BodyDecoder::keepTrailer(std::string_view bytes, base::Arena& arena) {
  if (trailerSize_ + bytes.size() > trailerCapacity_) {
    trailerCapacity_ = static_cast<uint32_t>(
        std::max<size_t>({kFirstTrailerBytes, 2 * size_t{trailerCapacity_}, trailerSize_ + bytes.size()}));
    char* larger = arena.array<char>(trailerCapacity_);
    if (trailerSize_ != 0) std::memcpy(larger, trailerBytes_, trailerSize_);
    trailerBytes_ = larger;
  }
  std::memcpy(trailerBytes_ + trailerSize_, bytes.data(), bytes.size());
  trailerSize_ += static_cast<uint32_t>(bytes.size());
}

base::Status BodyDecoder::endTrailers(HeaderList& trailers) {
  state_ = State::Complete;
  FieldBlock block{trailerBytes_, trailerBytes_ + trailerSize_};
  if (trailerLimits_.keepCase) block = ownFields({trailerBytes_, trailerSize_}, true, trailers.arena());
  auto status = parseTrailerFields(block, trailerLimits_, source_, trailers);
  if (!status) state_ = State::Failed;
  return status;
}

}  // namespace headgate::http::h1
