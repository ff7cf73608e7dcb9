#include "source/limits/bucket_table.h"

#include <absl/hash/hash.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>

namespace headgate::limits {
namespace {

constexpr size_t kMinHeads = 1024;
constexpr size_t kMaxHeads = size_t{1} << 27;

uint64_t randomSeed() {
  std::random_device device;
  return static_cast<uint64_t>(device()) << 32 | device();
}

uint32_t seenAt(base::MonotonicTime now) { return static_cast<uint32_t>(now >> 30) + 1; }

}  // namespace

// calloc: pages that no chain has used cost no memory, and a table is made for its maximum.
BucketTable::Heads::Heads(size_t count)
    : heads(static_cast<std::atomic<uint32_t>*>(std::calloc(count, sizeof(std::atomic<uint32_t>))), std::free),
      mask(static_cast<uint32_t>(count - 1)) {
  if (heads == nullptr) throw std::bad_alloc();
}

BucketTable::BucketTable(const LimitSpec& defaults, size_t maxTracked, const base::Clock& clock)
    : clock_(clock),
      maxTracked_(maxTracked),
      seed_(randomSeed()),
      defaults_(defaults, Mode::Enforce, false),
      overflow_(defaults_, clock.monotonic()) {
  allHeads_.push_back(std::make_unique<const Heads>(std::clamp(std::bit_ceil(2 * maxTracked), kMinHeads, kMaxHeads)));
  heads_.store(allHeads_.back().get());
}

BucketTable::~BucketTable() = default;

// ---- finding

uint32_t BucketTable::hashOf(std::string_view id) const { return static_cast<uint32_t>(absl::HashOf(seed_, id)); }

// Sequentially consistent loads, as is the pin before them: an entry that was unlinked before this view's pin was
// looked for cannot be reached.
ClientEntry* BucketTable::find(uint32_t hash, std::string_view id) const {
  const Heads& heads = *heads_.load();
  uint32_t reference = heads.heads.get()[hash & heads.mask].load();
  while (reference != 0) {
    ClientEntry& entry = pool_.at(reference);
    __builtin_prefetch(&entry, 1);  // both lines come in one wait
    if (entry.hash == hash && entry.id() == id) return &entry;
    reference = entry.next.load();
  }
  return nullptr;
}

ClientEntry* BucketTable::findLocked(uint32_t hash, std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  return find(hash, id);
}

ClientEntry* BucketTable::findOrAdd(uint32_t hash, std::string_view id, base::MonotonicTime now) {
  if (tracked_.load(std::memory_order_relaxed) >= maxTracked_ && now < noRoomUntil_.load(std::memory_order_relaxed))
    return nullptr;
  const std::scoped_lock lock(mutex_);
  if (ClientEntry* found = find(hash, id)) return found;
  if (tracked_.load(std::memory_order_relaxed) >= maxTracked_ && !dropOne(now)) {
    noRoomUntil_.store(now + kNoRoomFor, std::memory_order_relaxed);
    return nullptr;
  }
  return add(hash, id, defaults_, now);
}

// ---- adding and dropping, under the lock

void BucketTable::link(const Heads& heads, ClientEntry& entry) {
  std::atomic<uint32_t>& head = heads.heads.get()[entry.hash & heads.mask];
  entry.next.store(head.load());
  head.store(entry.reference);
}

ClientEntry* BucketTable::add(uint32_t hash, std::string_view id, const Terms& terms, base::MonotonicTime now) {
  if (!pool_.hasFree() && retired_.size() >= kReclaimAt) reclaim();
  ClientEntry* entry = pool_.make(id, terms, now);
  if (entry == nullptr) return nullptr;
  entry->hash = hash;
  entry->live = true;
  if (terms.hasRecord()) ++records_;
  link(*heads_.load(), *entry);
  if (tracked_.fetch_add(1, std::memory_order_relaxed) >= heads_.load()->mask) grow();
  return entry;
}

bool BucketTable::dropOne(base::MonotonicTime now) {
  if (retired_.size() >= kMaxRetired) {
    reclaim();
    if (retired_.size() >= kMaxRetired) return false;
  }
  const uint32_t size = pool_.size();
  for (uint32_t tries = std::min(kDropTries, size); tries > 0; --tries) {
    hand_ = hand_ >= size ? 1 : hand_ + 1;
    ClientEntry& entry = pool_.at(hand_);
    // Once it is sealed no worker's take succeeds there: the client's next request finds no bucket and adds a full one.
    if (!entry.live || entry.bucket.look(now).terms.hasRecord() || !entry.bucket.sealIfFull(now)) continue;
    unlink(entry);
    entry.live = false;
    tracked_.fetch_sub(1, std::memory_order_relaxed);
    ++dropped_;
    retired_.push_back({entry.reference, epoch_.fetch_add(1)});
    return true;
  }
  return false;
}

// The entry keeps its own `next`: a view that stands on it goes on from there.
void BucketTable::unlink(ClientEntry& entry) {
  const Heads& heads = *heads_.load();
  std::atomic<uint32_t>* link = &heads.heads.get()[entry.hash & heads.mask];
  while (link->load() != entry.reference) link = &pool_.at(link->load()).next;
  link->store(entry.next.load());
}

void BucketTable::reclaim() {
  uint64_t oldest = ~uint64_t{0};
  for (const TableView* view : views_) {
    const uint64_t pinned = view->pinned_.load();
    if (pinned != 0) oldest = std::min(oldest, pinned);
  }
  const auto reached =
      std::partition(retired_.begin(), retired_.end(), [&](const Retired& gone) { return gone.epoch >= oldest; });
  for (auto gone = reached; gone != retired_.end(); ++gone) pool_.free(pool_.at(gone->reference));
  retired_.erase(reached, retired_.end());
}

void BucketTable::grow() {
  const size_t count = (size_t{heads_.load()->mask} + 1) * 2;
  if (count > kMaxHeads) return;
  const Heads& wider = *allHeads_.emplace_back(std::make_unique<const Heads>(count));
  moves_.fetch_add(1);
  for (uint32_t reference = 1; reference <= pool_.size(); ++reference) {
    ClientEntry& entry = pool_.at(reference);
    if (entry.live) link(wider, entry);
  }
  heads_.store(&wider);
  moves_.fetch_add(1);
}

// ---- main

ClientEntry& BucketTable::findOrAddAlways(std::string_view id, const Terms& terms, base::MonotonicTime now) {
  const uint32_t hash = hashOf(id);
  if (ClientEntry* found = find(hash, id)) return *found;
  ClientEntry* added = add(hash, id, terms, now);
  if (added == nullptr) throw std::bad_alloc();
  return *added;
}

void BucketTable::change(ClientEntry& entry, const Terms& terms, base::MonotonicTime now, const Restored* restored) {
  const bool had = entry.bucket.look(now).terms.hasRecord();
  if (restored != nullptr) {
    entry.bucket.changeUntouched(terms, now, restored->left, refilled(terms, restored->state));
  } else {
    entry.bucket.change(terms, now);
  }
  records_ = records_ + (terms.hasRecord() ? 1 : 0) - (had ? 1 : 0);
  pool_.markChanged(entry);
}

void BucketTable::define(const Client& client) {
  const Terms terms(client.limit, client.mode, true);
  const std::scoped_lock lock(mutex_);
  const base::MonotonicTime now = clock_.monotonic();
  ClientEntry& entry = findOrAddAlways(client.id, terms, now);
  const auto found = restored_.find(client.id);
  if (found == restored_.end()) return change(entry, terms, now);
  // Restored under the default, whose capacity may have cut it: its own limit applies to what was stored, unless it was
  // used meanwhile.
  const Restored& restored = found->second;
  change(entry, terms, now, &restored);
  restored_.erase(found);
}

void BucketTable::undefine(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  if (ClientEntry* entry = find(hashOf(id), id)) change(*entry, defaults_, clock_.monotonic());
}

bool BucketTable::reset(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  ClientEntry* entry = find(hashOf(id), id);
  if (entry == nullptr) return false;
  entry->bucket.fill(clock_.monotonic());
  pool_.markChanged(*entry);
  return true;
}

Units BucketTable::refilled(const Terms& terms, const BucketState& state) const {
  const base::Duration away(std::max<base::WallTime>(clock_.wall() - state.at, 0));
  return terms.levelAt(unitsOf(state.tokens), 0, away.count());
}

void BucketTable::restore(std::string_view id, const BucketState& state) {
  const std::scoped_lock lock(mutex_);
  const base::MonotonicTime now = clock_.monotonic();
  ClientEntry& entry = findOrAddAlways(id, defaults_, now);
  const Terms terms = entry.bucket.look(now).terms;
  entry.bucket.drain(terms.capacity() - refilled(terms, state), now);
  entry.bucket.allowed.fetch_add(state.allowedTotal, std::memory_order_relaxed);
  entry.denied.fetch_add(state.deniedTotal, std::memory_order_relaxed);
  if (!terms.hasRecord()) restored_.insert_or_assign(std::string(id), Restored{state, entry.bucket.look(now)});
  pool_.markChanged(entry);
}

void BucketTable::endRestore() {
  const std::scoped_lock lock(mutex_);
  restored_.clear();
}

void BucketTable::setDefaults(const LimitSpec& limit) {
  const Terms terms(limit, Mode::Enforce, false);
  {
    const std::scoped_lock lock(mutex_);
    defaults_ = terms;
    overflow_.change(terms, clock_.monotonic());
  }
  forEach([&](ClientEntry& entry) {
    const base::MonotonicTime now = clock_.monotonic();
    if (!entry.bucket.look(now).terms.hasRecord()) entry.bucket.change(terms, now);
  });
}

LimitSpec BucketTable::defaults() const {
  const std::scoped_lock lock(mutex_);
  return defaults_.spec();
}

// ---- looking

BucketState BucketTable::stateOf(const ClientEntry& entry, const TokenBucket::State& state,
                                 base::MonotonicTime now) const {
  BucketState result;
  result.tokens = tokensOf(state.level);
  result.at = clock_.wall();
  result.allowedTotal = entry.bucket.allowed.load(std::memory_order_relaxed);
  result.deniedTotal = entry.denied.load(std::memory_order_relaxed);
  const uint32_t seen = entry.bucket.lastSeen.load(std::memory_order_relaxed);
  if (seen != 0) result.lastSeen = result.at - (static_cast<base::MonotonicTime>(seenAt(now) - seen) << 30);
  return result;
}

BucketView BucketTable::view(const ClientEntry& entry, base::MonotonicTime now) const {
  const TokenBucket::State state = entry.bucket.look(now);
  return {state.terms.spec(), state.terms.mode(), state.terms.hasRecord(), stateOf(entry, state, now),
          state.terms.waitFor(kToken, state.level, state.at)};
}

std::optional<BucketView> BucketTable::look(std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  const ClientEntry* entry = find(hashOf(id), id);
  if (entry == nullptr) return std::nullopt;
  return view(*entry, clock_.monotonic());
}

template <typename Visit>
void BucketTable::forEach(Visit&& visit) const {
  for (uint32_t first = 1;; first += kGroup) {
    const std::scoped_lock lock(mutex_);
    if (first > pool_.size()) return;
    for (uint32_t reference = first; reference < first + kGroup && reference <= pool_.size(); ++reference) {
      if (ClientEntry& entry = pool_.at(reference); entry.live) visit(entry);
    }
  }
}

void BucketTable::forEachChanged(const std::function<void(std::string_view, const BucketState&)>& visit) {
  std::vector<std::pair<std::string, BucketState>> group;
  for (uint32_t word = 0;; ++word) {
    group.clear();
    {
      const std::scoped_lock lock(mutex_);
      if (word * kGroup >= pool_.size()) return;
      const base::MonotonicTime now = clock_.monotonic();
      uint64_t bits = pool_.takeChanged(word);
      for (; bits != 0; bits &= bits - 1) {
        const ClientEntry& entry = pool_.at(word * kGroup + static_cast<uint32_t>(std::countr_zero(bits)) + 1);
        if (entry.live) group.emplace_back(entry.id(), stateOf(entry, entry.bucket.look(now), now));
      }
    }
    for (const auto& [id, state] : group) visit(id, state);
  }
}

std::vector<TopEntry> BucketTable::top(TopBy by, size_t n) const {
  struct Row {
    double rank;
    TopEntry entry;
  };
  const auto higher = [](const Row& a, const Row& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.entry.id < b.entry.id;
  };
  std::vector<Row> rows;  // a heap, the lowest first
  if (n == 0) return {};
  forEach([&](ClientEntry& entry) {
    const base::MonotonicTime now = clock_.monotonic();
    const TokenBucket::State state = entry.bucket.look(now);
    double rank = 0;
    switch (by) {
      case TopBy::Denied: rank = static_cast<double>(entry.denied.load(std::memory_order_relaxed)); break;
      case TopBy::Allowed: rank = static_cast<double>(entry.bucket.allowed.load(std::memory_order_relaxed)); break;
      case TopBy::NearLimit: rank = 1 - tokensOf(state.level) / tokensOf(state.terms.capacity()); break;
    }
    if (rank <= 0 || (rows.size() == n && rank < rows.front().rank)) return;
    rows.push_back({rank, {std::string(entry.id()), view(entry, now)}});
    std::push_heap(rows.begin(), rows.end(), higher);
    if (rows.size() <= n) return;
    std::pop_heap(rows.begin(), rows.end(), higher);
    rows.pop_back();
  });
  std::sort(rows.begin(), rows.end(), higher);
  std::vector<TopEntry> result;
  for (Row& row : rows) result.push_back(std::move(row.entry));
  return result;
}

TableFacts BucketTable::facts() const {
  const std::scoped_lock lock(mutex_);
  size_t bytes = pool_.bytes();
  for (const auto& heads : allHeads_) bytes += (size_t{heads->mask} + 1) * sizeof(std::atomic<uint32_t>);
  return {tracked_.load(std::memory_order_relaxed),    records_, maxTracked_, dropped_,
          overflowed_.load(std::memory_order_relaxed), bytes};
}

}  // namespace headgate::limits
