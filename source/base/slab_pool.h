#pragma once
// Fixed-size memory for network bytes, shared by counted slices within one thread.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace headgate::base {

class SlabPool;

/// A block of bytes from a SlabPool. Counted without atomics: it never leaves its thread.
struct Slab {
  SlabPool* pool;
  Slab* nextFree;
  uint32_t refs;
  uint32_t capacity;
  [[nodiscard]] char* data() { return reinterpret_cast<char*>(this + 1); }
};

/// A counted reference to bytes within a slab; copying shares the bytes, it does not copy them.
class Slice {
 public:
  Slice() = default;
  Slice(Slab* slab, char* data, uint32_t size);
  Slice(const Slice& other);
  Slice(Slice&& other) noexcept
      : slab_(std::exchange(other.slab_, nullptr)), data_(other.data_), size_(std::exchange(other.size_, 0)) {}
  Slice& operator=(Slice other) noexcept {
    std::swap(slab_, other.slab_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Slice();

  [[nodiscard]] const char* data() const { return data_; }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::string_view view() const { return {data_, size_}; }
  [[nodiscard]] Slab* slab() const { return slab_; }

  void removePrefix(size_t bytes) {
    data_ += bytes;
    size_ -= static_cast<uint32_t>(bytes);
  }
  /// The first `bytes` as a slice of their own; they are removed from this one.
  [[nodiscard]] Slice splitFront(size_t bytes);
  /// Makes the slice longer into the free tail of its slab (Buffer only: the bytes there must be unused).
  void grow(size_t bytes) { size_ += static_cast<uint32_t>(bytes); }

 private:
  Slab* slab_ = nullptr;
  char* data_ = nullptr;
  uint32_t size_ = 0;
};

/// Recycles slabs of two sizes, most recently used first (so the warm ones are in the cache), and the nodes of Buffers.
/// Small ones carry heads and short bodies, large ones are what sockets are read into. Freed memory above the kept
/// bound goes back to the heap. Not thread-safe: one a loop.
class SlabPool {
 public:
  static constexpr uint32_t kSmallBytes = 4096;
  static constexpr uint32_t kLargeBytes = 65536;
  static constexpr size_t kMaxFreeSmall = 1024;  ///< 4 MiB
  static constexpr size_t kMaxFreeLarge = 64;    ///< 4 MiB
  static constexpr size_t kMaxFreeNodes = 4096;

  struct Node {
    Node* next;
    Slice slice;
  };

  SlabPool() = default;
  ~SlabPool();
  SlabPool(const SlabPool&) = delete;
  SlabPool& operator=(const SlabPool&) = delete;

  /// A slab with refs = 1; its capacity is kSmallBytes or kLargeBytes.
  [[nodiscard]] Slab* takeSmall() { return take(small_, kSmallBytes); }
  [[nodiscard]] Slab* takeLarge() { return take(large_, kLargeBytes); }
  /// A slab of any capacity for the rare head that is larger than a large slab; goes back to the heap when released.
  [[nodiscard]] Slab* takeSized(uint32_t capacity);
  void release(Slab* slab);

  [[nodiscard]] Node* takeNode(Slice slice);
  void giveNode(Node* node);

  /// Slabs in use, for leak checks and figures.
  [[nodiscard]] size_t slabsInUse() const { return inUse_; }

 private:
  struct FreeList {
    Slab* head = nullptr;
    size_t count = 0;
  };
  Slab* take(FreeList& list, uint32_t capacity);

  FreeList small_;
  FreeList large_;
  Node* freeNodes_ = nullptr;
  size_t freeNodeCount_ = 0;
  size_t inUse_ = 0;
};

inline Slice::Slice(Slab* slab, char* data, uint32_t size) : slab_(slab), data_(data), size_(size) {
  if (slab_ != nullptr) ++slab_->refs;
}
inline Slice::Slice(const Slice& other) : slab_(other.slab_), data_(other.data_), size_(other.size_) {
  if (slab_ != nullptr) ++slab_->refs;
}
inline Slice::~Slice() {
  if (slab_ != nullptr && --slab_->refs == 0) slab_->pool->release(slab_);
}
inline Slice Slice::splitFront(size_t bytes) {
  Slice front(slab_, data_, static_cast<uint32_t>(bytes));
  removePrefix(bytes);
  return front;
}

}  // namespace headgate::base
