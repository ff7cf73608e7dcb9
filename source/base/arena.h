#pragma once
// A bump allocator for everything that lives as long as one stream, over chunks that a pool recycles.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace headgate::base {

/// Recycles the chunks of arenas, most recently used first, so that a warm request allocates nothing from the heap.
/// Keeps at most `kMaxFree` free chunks. Not thread-safe: one a loop.
class ChunkPool {
 public:
  /// Not a power of two on purpose: chunks at equal offsets in their pages would fight for the same cache sets.
  static constexpr size_t kChunkBytes = 4096 + 64;
  static constexpr size_t kMaxFree = 1024;

  ChunkPool() = default;
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

 private:
  friend class Arena;
  struct Chunk {
    Chunk* next;
    size_t capacity;  ///< bytes after this header
  };
  Chunk* take();
  void give(Chunk* chunk);

  Chunk* free_ = nullptr;
  size_t freeCount_ = 0;
};

/// Memory that is freed all at once. Destructors are not run: who places an object destroys it (`ArenaPtr` does).
/// What does not fit into a chunk gets an allocation of its own, freed with the arena. Not thread-safe.
class Arena {
 public:
  explicit Arena(ChunkPool& pool) : pool_(pool) {}
  ~Arena() { reset(); }
  Arena(Arena&& other) noexcept
      : pool_(other.pool_),
        chunks_(std::exchange(other.chunks_, nullptr)),
        large_(std::exchange(other.large_, nullptr)),
        at_(std::exchange(other.at_, nullptr)),
        end_(std::exchange(other.end_, nullptr)),
        footprint_(std::exchange(other.footprint_, 0)) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// An object that lives in the arena it owns: T is constructed as T(Arena&&, args...). `destroyInOwnArena` ends it.
  template <typename T, typename... Args>
  [[nodiscard]] static T* makeInOwnArena(ChunkPool& pool, Args&&... args) {
    Arena arena(pool);
    void* place = arena.allocate(sizeof(T), alignof(T));
    return new (place) T(std::move(arena), std::forward<Args>(args)...);
  }
  /// `arena` is the member that `object` was given.
  template <typename T>
  static void destroyInOwnArena(T* object, Arena& arena) {
    Arena keep(std::move(arena));
    object->~T();
  }

  /// Uninitialised memory of `bytes`, aligned to `alignment` (a power of two, at most 16). Never null; throws bad_alloc.
  [[nodiscard]] void* allocate(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
    const uintptr_t start = (reinterpret_cast<uintptr_t>(at_) + alignment - 1) & ~(uintptr_t{alignment} - 1);
    if (at_ != nullptr && start + bytes <= reinterpret_cast<uintptr_t>(end_)) {
      at_ = reinterpret_cast<char*>(start + bytes);
      return reinterpret_cast<void*>(start);
    }
    return allocateSlow(bytes, alignment);
  }

  template <typename T, typename... Args>
  [[nodiscard]] T* make(Args&&... args) {
    static_assert(alignof(T) <= alignof(std::max_align_t));
    return new (allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }

  /// An uninitialised array of trivially destructible T.
  template <typename T>
  [[nodiscard]] T* array(size_t count) {
    return static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
  }

  /// A copy of `text` that lives as long as the arena.
  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  /// Frees everything; the arena may be used again.
  void reset();

  /// Bytes held in chunks and own allocations (what the stream costs in memory).
  [[nodiscard]] size_t footprint() const { return footprint_; }

 private:
  void* allocateSlow(size_t bytes, size_t alignment);

  ChunkPool& pool_;
  ChunkPool::Chunk* chunks_ = nullptr;  ///< pooled
  ChunkPool::Chunk* large_ = nullptr;   ///< own allocations
  char* at_ = nullptr;
  char* end_ = nullptr;
  size_t footprint_ = 0;
};

}  // namespace headgate::base
