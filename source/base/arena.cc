#include "source/base/arena.h"

namespace headgate::base {

ChunkPool::~ChunkPool() {
  while (free_ != nullptr) {
    Chunk* next = free_->next;
    ::operator delete(free_);
    free_ = next;
  }
}

ChunkPool::Chunk* ChunkPool::take() {
  if (free_ != nullptr) {
    Chunk* chunk = free_;
    free_ = chunk->next;
    --freeCount_;
    return chunk;
  }
  auto* chunk = static_cast<Chunk*>(::operator new(kChunkBytes));
  chunk->capacity = kChunkBytes - sizeof(Chunk);
  return chunk;
}

void ChunkPool::give(Chunk* chunk) {
  if (freeCount_ >= kMaxFree) {
    ::operator delete(chunk);
    return;
  }
  chunk->next = free_;
  free_ = chunk;
  ++freeCount_;
}

void* Arena::allocateSlow(size_t bytes, size_t alignment) {
  constexpr size_t kPayload = ChunkPool::kChunkBytes - sizeof(ChunkPool::Chunk);
  if (bytes + alignment > kPayload / 2) {
    auto* own = static_cast<ChunkPool::Chunk*>(::operator new(sizeof(ChunkPool::Chunk) + bytes + alignment));
    own->capacity = bytes + alignment;
    own->next = large_;
    large_ = own;
    footprint_ += sizeof(ChunkPool::Chunk) + own->capacity;
    const auto start = reinterpret_cast<uintptr_t>(own + 1);
    return reinterpret_cast<void*>((start + alignment - 1) & ~(uintptr_t{alignment} - 1));
  }
  ChunkPool::Chunk* chunk = pool_.take();
  chunk->next = chunks_;
  chunks_ = chunk;
  footprint_ += ChunkPool::kChunkBytes;
  at_ = reinterpret_cast<char*>(chunk + 1);
  end_ = at_ + chunk->capacity;
  return allocate(bytes, alignment);
}

void Arena::reset() {
  while (chunks_ != nullptr) {
    ChunkPool::Chunk* next = chunks_->next;
    pool_.give(chunks_);
    chunks_ = next;
  }
  while (large_ != nullptr) {
    ChunkPool::Chunk* next = large_->next;
    ::operator delete(large_);
    large_ = next;
  }
  at_ = end_ = nullptr;
  footprint_ = 0;
}

}  // namespace headgate::base
