#pragma once
// The other side: reads what was compressed, as far as it goes.

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include <string>

#include "filters/compress/coding.h"

namespace headgate::filters::compress {

struct Decoded {
  std::string text;
  bool ended = false;  ///< the end of the body was there, and nothing after it
};

inline Decoded decode(Coding coding, std::string body) {
  Decoded result;
  result.text.resize(8 << 20);
  switch (coding) {
    case Coding::Gzip: {
      z_stream stream{};
      inflateInit2(&stream, MAX_WBITS + 16);
      stream.next_in = reinterpret_cast<Bytef*>(body.data());
      stream.avail_in = static_cast<uInt>(body.size());
      stream.next_out = reinterpret_cast<Bytef*>(result.text.data());
      stream.avail_out = static_cast<uInt>(result.text.size());
      result.ended = inflate(&stream, Z_SYNC_FLUSH) == Z_STREAM_END && stream.avail_in == 0;
      result.text.resize(stream.total_out);
      inflateEnd(&stream);
      return result;
    }
    case Coding::Brotli: {
      BrotliDecoderState* state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
      size_t in = body.size();
      size_t out = result.text.size();
      const auto* from = reinterpret_cast<const uint8_t*>(body.data());
      auto* to = reinterpret_cast<uint8_t*>(result.text.data());
      result.ended =
          BrotliDecoderDecompressStream(state, &in, &from, &out, &to, nullptr) == BROTLI_DECODER_RESULT_SUCCESS &&
          in == 0;
      result.text.resize(result.text.size() - out);
      BrotliDecoderDestroyInstance(state);
      return result;
    }
    case Coding::Zstd: {
      ZSTD_DCtx* context = ZSTD_createDCtx();
      ZSTD_inBuffer from{body.data(), body.size(), 0};
      ZSTD_outBuffer to{result.text.data(), result.text.size(), 0};
      size_t left = 1;
      while (from.pos < from.size && left != 0 && ZSTD_isError(left) == 0) {
        const size_t before = from.pos;
        left = ZSTD_decompressStream(context, &to, &from);
        if (from.pos == before && to.pos == to.size) break;
      }
      result.ended = left == 0 && from.pos == from.size;
      result.text.resize(to.pos);
      ZSTD_freeDCtx(context);
      return result;
    }
  }
  return result;
}

}  // namespace headgate::filters::compress
