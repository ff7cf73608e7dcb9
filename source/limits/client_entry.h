#pragma once
// What the table holds of one client, and the memory that it is in.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "source/limits/token_bucket.h"

namespace headgate::limits {

/// A client's bucket and its id. Two cache lines; ids of over 40 bytes are on the heap. `id`, `hash` and `live` change
/// only under the table's lock and only while nobody can reach the entry; the atomics are anyone's who reached it.
struct ClientEntry {
  static constexpr size_t kInlineIdBytes = 40;

  /// Not `id` but a copy of it.
  ClientEntry(std::string_view id, const Terms& terms, base::MonotonicTime now);
  ~ClientEntry();
  ClientEntry(const ClientEntry&) = delete;
  ClientEntry& operator=(const ClientEntry&) = delete;

  [[nodiscard]] std::string_view id() const;
  /// Beside the entry itself, on the heap.
  [[nodiscard]] size_t extraBytes() const { return idBytes_ > kInlineIdBytes ? idBytes_ : 0; }

  TokenBucket bucket;
  std::atomic<uint32_t> next{0};  ///< reference of the next entry in the chain of its hash; 0: the last
  uint32_t hash = 0;
  std::atomic<uint64_t> denied{0};
  uint32_t reference = 0;            ///< its own
  std::atomic<bool> changed{false};  ///< since the last checkpoint; its bit in the chunk is set too
  bool live = false;                 ///< in the table; under the lock

 private:
  const uint16_t idBytes_;
  union {
    std::array<char, kInlineIdBytes> inline_;
    char* heap_;
  };
};
static_assert(sizeof(ClientEntry) == 128);

/// Entries by number, in chunks that never move and are freed with the pool: a reference is 32 bits, and following one
/// costs a look at a directory that is always in the cache. A slot is used again for another client when the table says
/// so. Under the table's lock, `at` apart.
class EntryPool {
 public:
  static constexpr uint32_t kChunkEntries = 16 * 1024;
  static constexpr uint32_t kMaxChunks = 1 << 12;  ///< 67 million clients

  EntryPool();
  ~EntryPool();
  EntryPool(const EntryPool&) = delete;
  EntryPool& operator=(const EntryPool&) = delete;

  /// Any thread, for a reference that it could reach. Valid as long as the pool, although the entry may become another
  /// client's.
  [[nodiscard]] ClientEntry& at(uint32_t reference) const;
  /// A new entry; null when there are kMaxChunks.
  [[nodiscard]] ClientEntry* make(std::string_view id, const Terms& terms, base::MonotonicTime now);
  /// Nobody can reach it any more.
  void free(ClientEntry& entry) { free_.push_back(entry.reference); }
  [[nodiscard]] bool hasFree() const { return !free_.empty(); }
  /// References 1..size() were made at some time.
  [[nodiscard]] uint32_t size() const { return size_; }
  /// Of memory: the chunks, and what their entries have on the heap.
  [[nodiscard]] size_t bytes() const;

  /// Any thread that could reach it: the entry is to be found by takeChanged.
  void markChanged(ClientEntry& entry);
  /// One bit for each of the 64 references from 64 * `word` + 1 on, set if it was marked since the last call.
  [[nodiscard]] uint64_t takeChanged(uint32_t word);

 private:
  static constexpr size_t kChunkBytes = size_t{kChunkEntries} * sizeof(ClientEntry);
  static constexpr uint32_t kChunkWords = kChunkEntries / 64;

  void addChunk(uint32_t index);
  [[nodiscard]] std::atomic<uint64_t>& changedWord(uint32_t word) const;
  [[nodiscard]] ClientEntry* place(uint32_t index) const;

  // Set once each before a reference into it is published, which orders it: relaxed.
  std::unique_ptr<std::atomic<ClientEntry*>[]> chunks_;
  std::unique_ptr<std::atomic<std::atomic<uint64_t>*>[]> changed_;  ///< a bit for each entry of a chunk
  std::vector<uint32_t> free_;
  uint32_t size_ = 0;
  size_t extraBytes_ = 0;
};

}  // namespace headgate::limits
