#include "filters/compress/encoder.h"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <string_view>

namespace headgate::filters::compress {
namespace {

constexpr size_t kStep = 2048;  // of output that is asked of a buffer at a time

// Calls `compress(piece, last)` for each piece of `in`, at least once; the last one is to flush or to end.
template <typename Compress>
bool forEachPiece(base::Buffer& in, Compress&& compress) {
  do {
    const std::string_view piece = in.front();
    if (!compress(piece, piece.size() == in.size())) return false;
    in.drain(piece.size());
  } while (!in.empty());
  return true;
}

class GzipEncoder final : public Encoder {
 public:
  ~GzipEncoder() override {
    if (ready_) deflateEnd(&stream_);
  }
  bool open(int level) {
    constexpr int kGzipFraming = 16;
    constexpr int kMemory = 8;
    ready_ = deflateInit2(&stream_, level, Z_DEFLATED, MAX_WBITS + kGzipFraming, kMemory, Z_DEFAULT_STRATEGY) == Z_OK;
    return ready_;
  }
  bool restart() override { return deflateReset(&stream_) == Z_OK; }
  bool encode(base::Buffer& in, base::Buffer& out, bool end) override {
    return forEachPiece(in, [&](std::string_view piece, bool last) {
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
      stream_.avail_in = static_cast<uInt>(piece.size());
      do {
        stream_.next_out = reinterpret_cast<Bytef*>(out.reserve(kStep));
        stream_.avail_out = kStep;
        const int result = deflate(&stream_, !last ? Z_NO_FLUSH : end ? Z_FINISH : Z_SYNC_FLUSH);
        out.commit(kStep - stream_.avail_out);
        // Z_BUF_ERROR: a flush with nothing to flush.
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return false;
      } while (stream_.avail_out == 0);
      return true;
    });
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

class BrotliEncoder final : public Encoder {
 public:
  explicit BrotliEncoder(int level) : level_(level) {}
  ~BrotliEncoder() override { BrotliEncoderDestroyInstance(state_); }
  bool restart() override {  // the library cannot begin anew with a state that was used
    BrotliEncoderDestroyInstance(state_);
    state_ = BrotliEncoderCreateInstance(nullptr, nullptr, nullptr);
    return state_ != nullptr &&
           BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, static_cast<uint32_t>(level_)) == BROTLI_TRUE &&
           BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kWindowBits) == BROTLI_TRUE;
  }
  bool encode(base::Buffer& in, base::Buffer& out, bool end) override {
    return forEachPiece(in, [&](std::string_view piece, bool last) {
      const auto* from = reinterpret_cast<const uint8_t*>(piece.data());
      size_t left = piece.size();
      const BrotliEncoderOperation operation = !last ? BROTLI_OPERATION_PROCESS
                                               : end ? BROTLI_OPERATION_FINISH
                                                     : BROTLI_OPERATION_FLUSH;
      do {
        size_t none = 0;
        if (BrotliEncoderCompressStream(state_, operation, &left, &from, &none, nullptr, nullptr) == BROTLI_FALSE)
          return false;
        while (BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE) {
          size_t size = 0;
          const uint8_t* output = BrotliEncoderTakeOutput(state_, &size);
          out.append(std::string_view(reinterpret_cast<const char*>(output), size));
        }
      } while (left > 0 || (last && end && BrotliEncoderIsFinished(state_) == BROTLI_FALSE));
      return true;
    });
  }

 private:
  const int level_;
  BrotliEncoderState* state_ = nullptr;
};

class ZstdEncoder final : public Encoder {
 public:
  ~ZstdEncoder() override { ZSTD_freeCCtx(context_); }
  bool open(int level) {
    context_ = ZSTD_createCCtx();
    return context_ != nullptr && good(ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level)) &&
           good(ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kWindowBits));
  }
  bool restart() override { return good(ZSTD_CCtx_reset(context_, ZSTD_reset_session_only)); }
  bool encode(base::Buffer& in, base::Buffer& out, bool end) override {
    return forEachPiece(in, [&](std::string_view piece, bool last) {
      ZSTD_inBuffer from{piece.data(), piece.size(), 0};
      const ZSTD_EndDirective directive = !last ? ZSTD_e_continue : end ? ZSTD_e_end : ZSTD_e_flush;
      while (true) {
        ZSTD_outBuffer to{out.reserve(kStep), kStep, 0};
        const size_t left = ZSTD_compressStream2(context_, &to, &from, directive);
        out.commit(to.pos);
        if (!good(left)) return false;
        if (last ? left == 0 : from.pos == from.size) return true;
      }
    });
  }

 private:
  static bool good(size_t result) { return ZSTD_isError(result) == 0; }
  ZSTD_CCtx* context_ = nullptr;
};

template <typename T>
std::unique_ptr<Encoder> opened(std::unique_ptr<T> encoder, int level) {
  if (!encoder->open(level)) return nullptr;
  return encoder;
}

}  // namespace

std::unique_ptr<Encoder> Encoder::make(Coding coding, int level) {
  switch (coding) {
    case Coding::Gzip: return opened(std::make_unique<GzipEncoder>(), level);
    case Coding::Brotli: return std::make_unique<BrotliEncoder>(level);
    case Coding::Zstd: return opened(std::make_unique<ZstdEncoder>(), level);
  }
  return nullptr;
}

}  // namespace headgate::filters::compress
