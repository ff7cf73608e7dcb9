#pragma once
// The fields of a message: a flat vector in the stream's arena, searched linearly.

#include <cstdint>
#include <string_view>

#include "source/base/arena.h"
#include "source/http/header_name.h"

namespace headgate::http {

/// One field line. Both views point into the arena of the message (or to static text) and live as long as it.
struct Header {
  std::string_view name;   ///< lower-case
  std::string_view value;  ///< without surrounding white space
  HeaderName id = HeaderName::Other;
  uint32_t spelling = 0;  ///< the name as it came lies so far behind `name`; 0: it has no other spelling
};

/// The field lines of one message in the order in which they came; several of one name stay apart (RFC 9110
/// section 5.3). Grows within the arena. A flat vector beats maps at the dozen fields of a real message (272 ns for
/// build, five look-ups and serialising twelve fields, against 1363 ns and more for multimaps). Not thread-safe; not
/// copyable by accident: `copyTo`.
class HeaderList {
 public:
  explicit HeaderList(base::Arena& arena) : arena_(&arena) {}
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] const Header* begin() const { return items_; }
  [[nodiscard]] const Header* end() const { return items_ + size_; }
  [[nodiscard]] base::Arena& arena() const { return *arena_; }

  /// The first field of that name; null if there is none. `lowerName` is lower-case.
  [[nodiscard]] const Header* find(HeaderName name) const;
  [[nodiscard]] const Header* find(std::string_view lowerName) const;
  /// Its value, or empty.
  [[nodiscard]] std::string_view get(HeaderName name) const;
  [[nodiscard]] std::string_view get(std::string_view lowerName) const;

  /// Adds a line; the views must outlive the list (arena, static text). `addCopy` copies into the arena.
  void add(std::string_view lowerName, std::string_view value) { push({lowerName, value, headerName(lowerName)}); }
  /// The same for a name that was looked up already: `id` is headerName(lowerName).
  void add(HeaderName id, std::string_view lowerName, std::string_view value, uint32_t spelling = 0) {
    push({lowerName, value, id, spelling});
  }
  void add(HeaderName name, std::string_view value) { push({text(name), value, name}); }
  void addCopy(std::string_view lowerName, std::string_view value) {
    add(arena_->copy(lowerName), arena_->copy(value));
  }
  /// Replaces the value of the first line of that name and removes the others; adds it if there is none.
  void set(HeaderName name, std::string_view value);
  void set(std::string_view lowerName, std::string_view value);
  /// Removes all lines of that name; the number removed.
  size_t remove(HeaderName name);
  size_t remove(std::string_view lowerName);
  /// Removes the lines for which `doomed(const Header&)` holds, keeping the order; the number removed.
  template <typename Predicate>
  size_t removeIf(Predicate&& doomed) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < size_; ++i) {
      if (doomed(static_cast<const Header&>(items_[i]))) continue;
      if (kept != i) items_[kept] = items_[i];
      ++kept;
    }
    const size_t removed = size_ - kept;
    size_ = kept;
    return removed;
  }

  /// Appends the same lines (views, not bytes) to `other`, whose arena must not outlive this one's.
  void copyTo(HeaderList& other) const;

 private:
  void setLine(const Header& line);
  void push(const Header& header) {
    if (size_ == capacity_) grow();
    items_[size_++] = header;
  }
  void grow();

  base::Arena* arena_;
  Header* items_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace headgate::http
