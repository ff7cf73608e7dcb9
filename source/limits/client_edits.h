#pragma once
// What a write does to a record, the same for every store.

#include <string>

#include "source/base/clock.h"
#include "source/limits/store.h"

namespace headgate::limits {

/// Created, Updated: `client` is to be stored (the store adds the revision). Deleted: the record is to be removed.
/// Otherwise nothing is to be done, and `client` is what stands there.
struct Edit {
  WriteStatus status = WriteStatus::Unchanged;
  std::optional<Client> client;
  std::string message;  ///< at Invalid
};

/// `standing`: the record of this id, or null. Pure.
[[nodiscard]] Edit editOf(const Write& write, const Client* standing, base::WallTime now);

/// Whether both say the same: limit, mode and labels; not when and by which revision.
[[nodiscard]] bool sameValues(const Client& a, const Client& b);

}  // namespace headgate::limits
