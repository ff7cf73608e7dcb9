#include "filters/router/request_id.h"

#include <bit>
#include <random>

namespace headgate::filters::router {

RequestIds::RequestIds() {
  std::random_device device;
  for (uint64_t& word : state_) word = (uint64_t{device()} << 32) | device();
  state_[0] |= 1;  // never all zero
}

// xoshiro256++ (Blackman and Vigna, 2019).
uint64_t RequestIds::random() {
  const uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::string_view RequestIds::next(base::Arena& arena) {
  constexpr char kHex[] = "0123456789abcdef";
  uint64_t high = random();
  uint64_t low = random();
  high = (high & ~uint64_t{0xf000}) | 0x4000;                          // version 4
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);            // variant
  char* text = arena.array<char>(36);
  char* to = text;
  for (int digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) *to++ = '-';
    const uint64_t word = digit < 16 ? high : low;
    *to++ = kHex[(word >> (60 - 4 * (digit % 16))) & 15];
  }
  return {text, 36};
}

}  // namespace headgate::filters::router
