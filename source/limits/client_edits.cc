#include "source/limits/client_edits.h"

#include <utility>

namespace headgate::limits {
namespace {

Edit unchanged(WriteStatus status, const Client* standing) {
  Edit edit;
  edit.status = status;
  if (standing != nullptr) edit.client = *standing;
  return edit;
}

Edit replaced(const Client& standing, Client wanted, base::WallTime now) {
  if (sameValues(standing, wanted)) return unchanged(WriteStatus::Unchanged, &standing);
  wanted.createdAt = standing.createdAt;
  wanted.updatedAt = now;
  return {WriteStatus::Updated, std::move(wanted), {}};
}

Edit created(Client wanted, base::WallTime now) {
  wanted.createdAt = now;
  wanted.updatedAt = now;
  return {WriteStatus::Created, std::move(wanted), {}};
}

Client patched(Client client, const ClientPatch& patch) {
  if (patch.capacity) client.limit.capacity = *patch.capacity;
  if (patch.ratePerSec) client.limit.ratePerSec = *patch.ratePerSec;
  if (patch.mode) client.mode = *patch.mode;
  if (patch.clearLabels) client.labels.clear();
  for (const auto& [key, value] : patch.labels) {
    if (value) {
      client.labels[key] = *value;
    } else {
      client.labels.erase(key);
    }
  }
  return client;
}

Edit patchedEdit(const Write& write, const Client& standing, base::WallTime now) {
  Client wanted = patched(standing, write.patch);
  auto problem = problemOf(wanted.limit);
  if (!problem) problem = problemOf(wanted.labels);
  if (problem) {
    Edit edit = unchanged(WriteStatus::Invalid, &standing);
    edit.message = problem->field + ": " + problem->message;
    return edit;
  }
  return replaced(standing, std::move(wanted), now);
}

}  // namespace

bool sameValues(const Client& a, const Client& b) {
  return a.limit == b.limit && a.mode == b.mode && a.labels == b.labels;
}

Edit editOf(const Write& write, const Client* standing, base::WallTime now) {
  // RFC 9110 section 13.1.1: If-Match is judged before anything else, and no record matches no tag.
  if (write.ifRevision && (standing == nullptr || standing->revision != *write.ifRevision)) {
    return unchanged(WriteStatus::Stale, standing);
  }
  switch (write.kind) {
    case Write::Kind::Create:
      if (standing == nullptr) return created(write.client, now);
      return unchanged(sameValues(*standing, write.client) ? WriteStatus::Unchanged : WriteStatus::Conflict, standing);
    case Write::Kind::Put:
      return standing == nullptr ? created(write.client, now) : replaced(*standing, write.client, now);
    case Write::Kind::Patch:
      if (standing == nullptr) return unchanged(WriteStatus::NotFound, nullptr);
      return patchedEdit(write, *standing, now);
    case Write::Kind::Remove:
      return unchanged(standing == nullptr ? WriteStatus::NotFound : WriteStatus::Deleted, standing);
  }
  return {};
}

}  // namespace headgate::limits
