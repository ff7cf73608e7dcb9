#include "test/source/log/allocations.h"

#include <cstdlib>
#include <new>

namespace {
thread_local size_t count = 0;
}  // namespace

void* operator new(size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  ++count;
  return std::malloc(bytes);
}
void* operator new(size_t bytes) {
  if (void* memory = operator new(bytes, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { std::free(memory); }

namespace headgate::log {
size_t allocationsOfThisThread() { return count; }
}  // namespace headgate::log
