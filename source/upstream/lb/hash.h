#pragma once
// The hash of the hashing balancers: the same in every process, so that several proxies agree on a key's host.

#include <cstdint>
#include <string_view>

namespace headgate::upstream::lb {

/// MurmurHash3's 64-bit finaliser: every bit of the result depends on every bit of `x`.
[[nodiscard]] constexpr uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 33)) * 0xff51afd7ed558ccd;
  x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53;
  return x ^ (x >> 33);
}

/// FNV-1a over the bytes, mixed. Keys are short; nobody is kept from choosing theirs, so this is no defence against a
/// peer that wants one host.
[[nodiscard]] constexpr uint64_t hashOf(std::string_view text, uint64_t seed = 0) {
  uint64_t hash = 0xcbf29ce484222325 ^ mix(seed);
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return mix(hash);
}

}  // namespace headgate::upstream::lb
