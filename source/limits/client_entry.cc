#include "source/limits/client_entry.h"

#include <cstring>
#include <new>

namespace headgate::limits {

std::string_view ClientEntry::id() const { return {idBytes_ <= kInlineIdBytes ? inline_.data() : heap_, idBytes_}; }

void ClientEntry::setId(std::string_view id) {
  if (idBytes_ > kInlineIdBytes) delete[] heap_;
  idBytes_ = static_cast<uint16_t>(id.size());
  if (id.empty()) return;
  char* to = inline_.data();
  if (id.size() > kInlineIdBytes) to = heap_ = new char[id.size()];
  std::memcpy(to, id.data(), id.size());
}

EntryPool::EntryPool() : chunks_(new std::atomic<Chunk*>[kMaxChunks]()) {}

EntryPool::~EntryPool() {
  for (uint32_t i = 0; i < size_; ++i) place(i)->~ClientEntry();
  for (uint32_t i = 0; i * kChunkEntries < size_; ++i) delete chunks_[i].load(std::memory_order_relaxed);
}

ClientEntry* EntryPool::place(uint32_t index) const {
  Chunk* chunk = chunks_[index / kChunkEntries].load(std::memory_order_relaxed);
  return reinterpret_cast<ClientEntry*>(chunk->entries + (index % kChunkEntries) * sizeof(ClientEntry));
}

ClientEntry& EntryPool::at(uint32_t reference) const { return *place(reference - 1); }

ClientEntry* EntryPool::make(const Terms& terms, base::MonotonicTime now) {
  if (!free_.empty()) {
    const uint32_t reference = free_.back();
    free_.pop_back();
    ClientEntry& old = at(reference);
    old.~ClientEntry();
    auto* entry = new (&old) ClientEntry(terms, now);
    entry->reference = reference;
    return entry;
  }
  const uint32_t chunk = size_ / kChunkEntries;
  if (chunk == kMaxChunks) return nullptr;
  // Default-initialised: pages are touched when they are needed.
  if (size_ % kChunkEntries == 0) chunks_[chunk].store(new Chunk, std::memory_order_relaxed);
  auto* entry = new (place(size_)) ClientEntry(terms, now);
  entry->reference = ++size_;
  return entry;
}

void EntryPool::markChanged(ClientEntry& entry) {
  // Sequentially consistent, as is the other side: either this reads false, or the checkpoint sees what was changed
  // before.
  if (entry.changed.load() || entry.changed.exchange(true)) return;
  const uint32_t index = entry.reference - 1;
  Chunk* chunk = chunks_[index / kChunkEntries].load(std::memory_order_relaxed);
  chunk->changed[index % kChunkEntries / 64].fetch_or(uint64_t{1} << index % 64);
}

uint64_t EntryPool::takeChanged(uint32_t word) {
  Chunk* chunk = chunks_[word / kWordsPerChunk].load(std::memory_order_relaxed);
  std::atomic<uint64_t>& bits = chunk->changed[word % kWordsPerChunk];
  if (bits.load(std::memory_order_relaxed) == 0) return 0;
  const uint64_t taken = bits.exchange(0);
  for (uint32_t i = 0; i < 64; ++i) {
    if ((taken >> i & 1) != 0) at(word * 64 + i + 1).changed.exchange(false);
  }
  return taken;
}

}  // namespace headgate::limits
