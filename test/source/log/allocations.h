#pragma once
// Counts what the calling thread takes from the heap, for tests that say "nothing".

#include <cstddef>

namespace headgate::log {

/// Calls of operator new on this thread so far. Linking allocations.cc replaces the operator.
[[nodiscard]] size_t allocationsOfThisThread();

}  // namespace headgate::log
