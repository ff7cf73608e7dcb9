#include "source/limits/client_entry.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>

namespace headgate::limits {
namespace {

/// `bytes` (a power of two) at a multiple of `bytes`. From the system: an allocator would keep as much again for the
/// alignment.
void* mapAligned(size_t bytes) {
  void* memory = ::mmap(nullptr, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  char* begin = static_cast<char*>(memory);
  const size_t before = (bytes - reinterpret_cast<uintptr_t>(begin) % bytes) % bytes;
  if (before > 0) ::munmap(begin, before);
  ::munmap(begin + before + bytes, bytes - before);
  return begin + before;
}

}  // namespace

std::string_view ClientEntry::id() const { return {idBytes_ <= kInlineIdBytes ? inline_.data() : heap_, idBytes_}; }

ClientEntry::ClientEntry(std::string_view id, const Terms& terms, base::MonotonicTime now)
    : bucket(terms, now), idBytes_(static_cast<uint16_t>(id.size())) {
  char* to = inline_.data();
  if (id.size() > kInlineIdBytes) to = heap_ = new char[id.size()];
  std::memcpy(to, id.data(), id.size());
}

ClientEntry::~ClientEntry() {
  if (idBytes_ > kInlineIdBytes) delete[] heap_;
}

EntryPool::EntryPool()
    : chunks_(new std::atomic<ClientEntry*>[kMaxChunks]()),
      changed_(new std::atomic<std::atomic<uint64_t>*>[kMaxChunks]()) {}

EntryPool::~EntryPool() {
  for (uint32_t i = 0; i < size_; ++i) place(i)->~ClientEntry();
  for (uint32_t i = 0; i * kChunkEntries < size_; ++i) {
    ::munmap(chunks_[i].load(std::memory_order_relaxed), kChunkBytes);
    delete[] changed_[i].load(std::memory_order_relaxed);
  }
}

std::atomic<uint64_t>& EntryPool::changedWord(uint32_t word) const {
  return changed_[word / kChunkWords].load(std::memory_order_relaxed)[word % kChunkWords];
}

ClientEntry* EntryPool::place(uint32_t index) const {
  return chunks_[index / kChunkEntries].load(std::memory_order_relaxed) + index % kChunkEntries;
}

ClientEntry& EntryPool::at(uint32_t reference) const { return *place(reference - 1); }

// A chunk is a large page: a million clients in small ones would cost a miss of the translation cache each time. The
// first one is not asked to be, so that few clients take little memory.
void EntryPool::addChunk(uint32_t index) {
  void* memory = mapAligned(kChunkBytes);
  if (index > 0) (void)::madvise(memory, kChunkBytes, MADV_HUGEPAGE);
  changed_[index].store(new std::atomic<uint64_t>[kChunkWords](), std::memory_order_relaxed);
  chunks_[index].store(static_cast<ClientEntry*>(memory), std::memory_order_relaxed);
}

ClientEntry* EntryPool::make(std::string_view id, const Terms& terms, base::MonotonicTime now) {
  if (!free_.empty()) {
    const uint32_t reference = free_.back();
    free_.pop_back();
    ClientEntry& old = at(reference);
    extraBytes_ -= old.extraBytes();
    old.~ClientEntry();
    auto* entry = new (&old) ClientEntry(id, terms, now);
    entry->reference = reference;
    extraBytes_ += entry->extraBytes();
    return entry;
  }
  const uint32_t chunk = size_ / kChunkEntries;
  if (chunk == kMaxChunks) return nullptr;
  if (size_ % kChunkEntries == 0) addChunk(chunk);
  auto* entry = new (place(size_)) ClientEntry(id, terms, now);
  entry->reference = ++size_;
  extraBytes_ += entry->extraBytes();
  return entry;
}

size_t EntryPool::bytes() const { return size_ * sizeof(ClientEntry) + size_ / 8 + extraBytes_; }

void EntryPool::markChanged(ClientEntry& entry) {
  // Sequentially consistent, as is the other side: either this reads false, or the checkpoint sees what was changed
  // before.
  if (entry.changed.load() || entry.changed.exchange(true)) return;
  const uint32_t index = entry.reference - 1;
  changedWord(index / 64).fetch_or(uint64_t{1} << index % 64);
}

uint64_t EntryPool::takeChanged(uint32_t word) {
  std::atomic<uint64_t>& bits = changedWord(word);
  if (bits.load(std::memory_order_relaxed) == 0) return 0;
  const uint64_t taken = bits.exchange(0);
  for (uint32_t i = 0; i < 64; ++i) {
    if ((taken >> i & 1) != 0) at(word * 64 + i + 1).changed.exchange(false);
  }
  return taken;
}

}  // namespace headgate::limits
