#include "source/limits/memory_store.h"

#include <algorithm>

namespace headgate::limits {

base::Result<MigrationReport> MemoryStore::migrate(bool) { return MigrationReport{}; }

base::Result<std::vector<Client>> MemoryStore::page(std::string_view after, size_t limit) {
  std::vector<Client> page;
  for (auto at = clients_.upper_bound(after); at != clients_.end() && page.size() < limit; ++at)
    page.push_back(at->second);
  return page;
}

base::Result<Changes> MemoryStore::changesSince(uint64_t since) {
  Changes changes;
  changes.revision = revision_;
  changes.gap = since < forgotten_ || since > revision_;
  if (changes.gap) return changes;
  for (const auto& [id, client] : clients_) {
    if (client.revision > since) changes.changed.push_back(client);
  }
  for (const auto& [id, tombstone] : removed_) {
    if (tombstone.revision > since) changes.removed.push_back({id, tombstone.revision});
  }
  return changes;
}

base::Status MemoryStore::forgetRemovals(base::WallTime before) {
  std::erase_if(removed_, [&](const auto& entry) {
    if (entry.second.at >= before) return false;
    forgotten_ = std::max(forgotten_, entry.second.revision);
    return true;
  });
  return {};
}

base::Status MemoryStore::saveBuckets(std::string_view node, std::span<const BucketCheckpoint> buckets) {
  Buckets& saved = buckets_[std::string(node)];
  for (const BucketCheckpoint& bucket : buckets) saved[bucket.id] = bucket.state;
  return {};
}

base::Status MemoryStore::forgetBuckets(std::string_view node, base::WallTime before) {
  const auto saved = buckets_.find(node);
  if (saved == buckets_.end()) return {};
  std::erase_if(saved->second,
                [&](const auto& bucket) { return bucket.second.at < before && !clients_.contains(bucket.first); });
  return {};
}

base::Result<std::vector<BucketCheckpoint>> MemoryStore::bucketPage(std::string_view node, std::string_view after,
                                                                    size_t limit) {
  std::vector<BucketCheckpoint> page;
  const auto saved = buckets_.find(node);
  if (saved == buckets_.end()) return page;
  for (auto at = saved->second.upper_bound(after); at != saved->second.end() && page.size() < limit; ++at) {
    page.push_back({at->first, at->second});
  }
  return page;
}

// The transaction is what was gathered; nothing is visible before the commit.
base::Result<uint64_t> MemoryStore::beginWrite() { return revision_ + 1; }

base::Result<std::vector<std::optional<Client>>> MemoryStore::find(std::span<const std::string> ids) {
  std::vector<std::optional<Client>> found;
  for (const std::string& id : ids) {
    const auto at = clients_.find(id);
    found.push_back(at == clients_.end() ? std::nullopt : std::optional(at->second));
  }
  return found;
}

base::Status MemoryStore::put(std::span<const Client> clients) {
  puts_.insert(puts_.end(), clients.begin(), clients.end());
  return {};
}

base::Status MemoryStore::remove(const std::string& id, uint64_t revision, base::WallTime now) {
  removals_.push_back({id, {revision, now}});
  return {};
}

base::Status MemoryStore::commit() {
  ++revision_;
  for (Client& client : puts_) {
    removed_.erase(client.id);
    std::string id = client.id;
    clients_.insert_or_assign(std::move(id), std::move(client));
  }
  for (auto& [id, tombstone] : removals_) {
    clients_.erase(id);
    removed_.insert_or_assign(id, tombstone);
  }
  rollback();
  return {};
}

void MemoryStore::rollback() {
  puts_.clear();
  removals_.clear();
}

}  // namespace headgate::limits
