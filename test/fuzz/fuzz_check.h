#pragma once
// What fuzzers check with: a broken promise ends the process, and says which.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace headgate::fuzz {

inline void require(bool holds, std::string_view promise, const std::string& details = {}) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s\n%s\n", static_cast<int>(promise.size()), promise.data(), details.c_str());
  std::abort();
}

inline std::string_view textOf(const uint8_t* data, size_t size) { return {reinterpret_cast<const char*>(data), size}; }

/// A step between 1 and `size` that depends on the bytes, so that the fuzzer chooses how the input is split.
inline size_t stepOf(std::string_view bytes) {
  size_t sum = 0;
  for (const char c : bytes) sum = sum * 31 + static_cast<unsigned char>(c);
  return 1 + sum % (bytes.size() + 1);
}

}  // namespace headgate::fuzz
