#pragma once
// Bytes of tests as slices.

#include <cstring>
#include <string_view>

#include "source/base/slab_pool.h"

namespace headgate::test {

/// A slice of its own slab of exactly that size, so that a sanitizer sees every read beyond it.
inline base::Slice sliceOf(base::SlabPool& slabs, std::string_view bytes) {
  base::Slab* slab = slabs.takeSized(static_cast<uint32_t>(bytes.size()));
  std::memcpy(slab->data(), bytes.data(), bytes.size());
  base::Slice slice(slab, slab->data(), static_cast<uint32_t>(bytes.size()));
  --slab->refs;  // the slice holds it
  return slice;
}

}  // namespace headgate::test
