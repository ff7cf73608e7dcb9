#include "source/limits/local_copy.h"

#include <utility>

namespace headgate::limits {

base::Result<bool> LocalCopy::follow(Store& source, const StoreHead& head) {
  filling_ = false;
  revision_ = head.revision;
  const auto mine = store_.head();
  if (!mine) return tl::unexpected(mine.error());
  const auto copyOf = store_.copyOf();
  if (!copyOf) return tl::unexpected(copyOf.error());
  // At revision 0 it was being filled when it was left.
  if (*copyOf == head.identity && (mine->revision > 0 || head.revision == 0)) {
    const auto changes = source.changesSince(mine->revision);
    if (!changes) return tl::unexpected(changes.error());
    if (!changes->gap) {
      if (auto done = apply(changes->changed, changes->removed, changes->revision); !done)
        return tl::unexpected(done.error());
      return true;
    }
  }
  if (auto done = store_.beginCopy(head.identity); !done) return tl::unexpected(done.error());
  filling_ = true;
  filledUpTo_.clear();
  return false;
}

base::Result<bool> LocalCopy::fill(Store& source, size_t limit) {
  auto page = source.page(filledUpTo_, limit);
  if (!page) return tl::unexpected(page.error());
  const bool last = page->size() < limit;
  const auto revision = last ? std::optional(revision_) : std::nullopt;
  if (auto done = store_.mirror(*page, {}, revision); !done) return tl::unexpected(done.error());
  if (!page->empty()) filledUpTo_ = std::move(page->back().id);
  filling_ = !last;
  return last;
}

base::Status LocalCopy::apply(std::span<const Client> changed, std::span<const Removal> removed, uint64_t revision) {
  revision_ = revision;
  return store_.mirror(changed, removed, filling_ ? std::nullopt : std::optional(revision));
}

}  // namespace headgate::limits
