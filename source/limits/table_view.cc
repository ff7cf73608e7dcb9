#include <algorithm>

#include "source/limits/bucket_table.h"

namespace headgate::limits {
namespace {

void seen(TokenBucket& bucket, base::MonotonicTime now) {
  const uint32_t at = static_cast<uint32_t>(now >> 30) + 1;
  if (bucket.lastSeen.load(std::memory_order_relaxed) != at) bucket.lastSeen.store(at, std::memory_order_relaxed);
}

}  // namespace

/// While it exists, no entry that this view can reach is used for another client.
class TableView::Pin {
 public:
  explicit Pin(TableView& view) : view_(view) {
    // Sequentially consistent, so that either whoever retires an entry sees this, or this view does not find the entry
    // any more.
    view_.pinned_.store(view_.table_.epoch_.load());
  }
  ~Pin() { view_.pinned_.store(0, std::memory_order_release); }
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

 private:
  TableView& view_;
};

TableView::TableView(BucketTable& table) : table_(table) {
  const std::scoped_lock lock(table_.mutex_);
  table_.views_.push_back(this);
}

TableView::~TableView() {
  const std::scoped_lock lock(table_.mutex_);
  table_.views_.erase(std::find(table_.views_.begin(), table_.views_.end(), this));
}

Decision TableView::take(std::string_view id, Units cost, base::MonotonicTime now, IfUnknown ifUnknown) {
  const Pin pin(*this);
  const uint32_t hash = table_.hashOf(id);
  const bool onlyWithRecord = ifUnknown == IfUnknown::Leave;
  const uint64_t moves = table_.moves_.load();
  ClientEntry* entry = table_.find(hash, id);
  // Nothing was found, perhaps since entries moved to wider chains meanwhile, or a bucket was just dropped: the lock
  // gives the last word.
  bool unsure = (moves & 1) != 0 || table_.moves_.load() != moves;
  for (;; unsure = true) {
    if (entry == nullptr && onlyWithRecord && unsure) entry = table_.findLocked(hash, id);
    if (entry == nullptr && onlyWithRecord) return unknown(cost, now);
    if (entry == nullptr) entry = table_.findOrAdd(hash, id, now);
    if (entry == nullptr) return overflow(cost, now);
    const TokenBucket::Decision taken = entry->bucket.take(cost, now, onlyWithRecord);
    switch (taken.verdict) {
      case TokenBucket::Verdict::Taken:
        entry->bucket.allowed.fetch_add(1, std::memory_order_relaxed);
        return noted(*entry, {Decision::Verdict::Admitted, false, cost, taken.state}, now);
      case TokenBucket::Verdict::TooFew:
        entry->denied.fetch_add(1, std::memory_order_relaxed);
        return noted(*entry, {Decision::Verdict::Refused, false, cost, taken.state}, now);
      case TokenBucket::Verdict::Exempt:
        if (taken.state.terms.mode() == Mode::Off) return {Decision::Verdict::Exempt, false, cost, taken.state};
        entry->denied.fetch_add(1, std::memory_order_relaxed);
        return noted(*entry, {Decision::Verdict::Blocked, false, cost, taken.state}, now);
      case TokenBucket::Verdict::NoRecord: return {Decision::Verdict::Unknown, false, cost, taken.state};
      case TokenBucket::Verdict::Sealed: entry = nullptr; break;  // dropped since it was found
    }
  }
}

Decision TableView::noted(ClientEntry& entry, const Decision& decision, base::MonotonicTime now) {
  seen(entry.bucket, now);
  table_.pool_.markChanged(entry);
  return decision;
}

Decision TableView::unknown(Units cost, base::MonotonicTime now) const {
  return {Decision::Verdict::Unknown, false, cost, table_.overflow_.look(now)};
}

Decision TableView::overflow(Units cost, base::MonotonicTime now) {
  table_.overflowed_.fetch_add(1, std::memory_order_relaxed);
  const TokenBucket::Decision taken = table_.overflow_.take(cost, now);
  const bool admitted = taken.verdict == TokenBucket::Verdict::Taken;
  return {admitted ? Decision::Verdict::Admitted : Decision::Verdict::Refused, true, cost, taken.state};
}

}  // namespace headgate::limits
