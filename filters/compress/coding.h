#pragma once
// The content codings that answers can be given.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::filters::compress {

enum class Coding : uint8_t { Gzip, Brotli, Zstd };
inline constexpr size_t kCodings = 3;

struct CodingFacts {
  std::string_view token;  ///< in Accept-Encoding and Content-Encoding
  int defaultLevel;
  int minLevel;
  int maxLevel;
};

/// In the order of the enum. The levels by default are those at which a byte saved still costs little.
inline constexpr std::array<CodingFacts, kCodings> kCodingFacts{
    {{"gzip", 5, 1, 9}, {"br", 4, 0, 11}, {"zstd", 3, 1, 19}}};

[[nodiscard]] constexpr const CodingFacts& facts(Coding coding) { return kCodingFacts[static_cast<size_t>(coding)]; }

}  // namespace headgate::filters::compress
