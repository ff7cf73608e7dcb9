#pragma once
// Bytes on their way through the proxy: a chain of slices of slabs.

#include <sys/uio.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "source/base/slab_pool.h"

namespace headgate::base {

/// A queue of bytes: append at the end, drain from the front, move whole chains between buffers without copying.
/// Short slices are copied into the tail instead of pinning the slab that they came in, so a buffer of n bytes holds
/// about n bytes of slabs (at least half of each small slab but the last, whatever the sizes of the pieces).
/// An empty buffer holds no memory. Not thread-safe; all buffers of a loop share that loop's pool.
class Buffer {
 public:
  /// Slices up to this size, or an eighth of their slab, are copied rather than shared.
  static constexpr size_t kCopyBytes = 2048;

  explicit Buffer(SlabPool& pool) : pool_(&pool) {}
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { clear(); }

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] SlabPool& pool() const { return *pool_; }

  void append(std::string_view bytes);
  void append(Slice slice);
  /// Moves everything out of `other`, which is empty afterwards.
  void append(Buffer& other);
  /// Moves the first `bytes` (at most its size) out of `other`.
  void appendFront(Buffer& other, size_t bytes);
  /// Shares the bytes of `other` without taking them: for replay.
  void appendShared(const Buffer& other);

  /// At least `bytes` (<= SlabPool::kSmallBytes) of contiguous space at the end; `commit(n)` adds the n bytes written there.
  [[nodiscard]] char* reserve(size_t bytes);
  void commit(size_t bytes);

  /// Removes the first `bytes` (at most size()).
  void drain(size_t bytes);
  void clear() { drain(size_); }

  /// The first contiguous piece; empty when the buffer is.
  [[nodiscard]] std::string_view front() const { return head_ == nullptr ? std::string_view() : head_->slice.view(); }
  /// Fills `vectors` with the first pieces; the number of them.
  [[nodiscard]] size_t iovecs(iovec* vectors, size_t count) const;
  /// All bytes copied into one string (tests, error bodies).
  [[nodiscard]] std::string toString() const;

 private:
  void push(Slice slice);
  [[nodiscard]] size_t tailRoom() const;

  SlabPool* pool_;
  SlabPool::Node* head_ = nullptr;
  SlabPool::Node* tail_ = nullptr;
  size_t size_ = 0;
};

}  // namespace headgate::base
