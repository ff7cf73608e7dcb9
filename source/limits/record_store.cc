#include "source/limits/record_store.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "source/limits/client_edits.h"

namespace headgate::limits {
namespace {

/// The id that is there twice; nothing if none is.
std::optional<std::string_view> repeatedId(const std::vector<Client>& clients) {
  std::unordered_set<std::string_view> seen;
  seen.reserve(clients.size());
  for (const Client& client : clients) {
    if (!seen.insert(client.id).second) return client.id;
  }
  return std::nullopt;
}

void count(BatchResult& result, WriteStatus status) {
  if (status == WriteStatus::Created) ++result.created;
  if (status == WriteStatus::Updated) ++result.updated;
  if (status == WriteStatus::Unchanged) ++result.unchanged;
}

}  // namespace

base::Result<WriteResult> RecordStore::write(const Write& write, base::WallTime now) {
  const auto revision = beginWrite();
  if (!revision) {
    rollback();
    return tl::unexpected(revision.error());
  }
  base::Result<WriteResult> result = writeWithin(write, *revision, now);
  if (result && isChange(result->status)) {
    if (const auto committed = commit(); !committed) result = tl::unexpected(committed.error());
    if (result) return result;
  }
  rollback();
  return result;
}

base::Result<WriteResult> RecordStore::writeWithin(const Write& write, uint64_t revision, base::WallTime now) {
  auto found = find(std::span(&write.client.id, 1));
  if (!found) return tl::unexpected(found.error());
  const std::optional<Client>& standing = found->front();
  Edit edit = editOf(write, standing ? &*standing : nullptr, now);
  if (isChange(edit.status)) {
    edit.client->revision = revision;
    const base::Status done =
        edit.status == WriteStatus::Deleted ? remove(write.client.id, revision, now) : put(std::span(&*edit.client, 1));
    if (!done) return tl::unexpected(done.error());
  }
  WriteResult result;
  result.status = edit.status;
  result.client = std::move(edit.client);
  result.message = std::move(edit.message);
  return result;
}

base::Result<BatchOutcome> RecordStore::writeBatch(const std::vector<Client>& clients, bool dryRun, bool wantChanges,
                                                   base::WallTime now) {
  BatchOutcome outcome;
  if (const auto repeated = repeatedId(clients)) {
    outcome.result.status = WriteStatus::Invalid;
    outcome.result.message = "client \"" + std::string(*repeated) + "\" is there twice";
    return outcome;
  }
  outcome.result.status = WriteStatus::Unchanged;
  const auto revision = beginWrite();
  base::Status status = revision ? base::Status() : base::Status(tl::unexpected(revision.error()));
  for (size_t at = 0; status && at < clients.size(); at += kChunk) {
    const auto chunk = std::span(clients).subspan(at, std::min(kChunk, clients.size() - at));
    status = putChunk(chunk, *revision, wantChanges, now, outcome);
  }
  if (status && !dryRun && !outcome.committed.empty()) {
    status = commit();
    if (status) outcome.result.status = WriteStatus::Updated;
  }
  if (outcome.result.status == WriteStatus::Updated) return outcome;
  rollback();
  outcome.committed.clear();
  if (!status) return tl::unexpected(status.error());
  return outcome;
}

base::Status RecordStore::putChunk(std::span<const Client> clients, uint64_t revision, bool wantChanges,
                                   base::WallTime now, BatchOutcome& outcome) {
  std::vector<std::string> ids;
  ids.reserve(clients.size());
  for (const Client& client : clients) ids.push_back(client.id);
  auto found = find(ids);
  if (!found) return tl::unexpected(found.error());

  const size_t before = outcome.committed.size();
  for (size_t i = 0; i < clients.size(); ++i) {
    std::optional<Client>& standing = (*found)[i];
    Write write;
    write.client = clients[i];
    Edit edit = editOf(write, standing ? &*standing : nullptr, now);
    count(outcome.result, edit.status);
    if (isChange(edit.status)) {
      edit.client->revision = revision;
      outcome.committed.push_back(*edit.client);
    }
    if (wantChanges) outcome.result.changes.push_back({edit.status, std::move(standing), std::move(*edit.client)});
  }
  const auto changed = std::span(std::as_const(outcome.committed)).subspan(before);
  return changed.empty() ? base::Status() : put(changed);
}

}  // namespace headgate::limits
