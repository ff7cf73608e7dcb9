#pragma once
// Makes X-Request-ID values.

#include <cstdint>
#include <string_view>

#include "source/base/arena.h"

namespace headgate::filters::router {

/// Random UUIDs (RFC 9562 version 4) from a generator seeded by the kernel. Meant to be unique, not to be secret.
/// Worker thread.
class RequestIds {
 public:
  RequestIds();
  /// 36 characters in `arena`.
  [[nodiscard]] std::string_view next(base::Arena& arena);
  /// Bits that are uniformly distributed and not secret either.
  [[nodiscard]] uint64_t random();

 private:
  uint64_t state_[4];
};

}  // namespace headgate::filters::router
