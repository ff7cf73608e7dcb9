#pragma once
// A doubly linked list whose nodes are members of their owners: no allocation, O(1) removal, auto-unlink on destruction.

#include <cstddef>

namespace headgate::base {

class ListHook {
 public:
  ListHook() = default;
  ~ListHook() { unlink(); }
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;

  [[nodiscard]] bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <typename T>
  friend class IntrusiveList;
  ListHook* prev_ = nullptr;
  ListHook* next_ = nullptr;
};

/// A list of T, where T derives from ListHook. The list owns nothing; a destroyed element leaves it by itself.
/// `size()` is not kept: who needs a count keeps one.
template <typename T>
class IntrusiveList {
 public:
  IntrusiveList() { head_.prev_ = head_.next_ = &head_; }
  ~IntrusiveList() {
    while (!empty()) front().ListHook::unlink();
    head_.prev_ = head_.next_ = nullptr;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  [[nodiscard]] bool empty() const { return head_.next_ == &head_; }
  [[nodiscard]] T& front() { return *static_cast<T*>(head_.next_); }
  [[nodiscard]] T& back() { return *static_cast<T*>(head_.prev_); }

  /// An element of this or another list is moved.
  void pushFront(T& item) {
    item.ListHook::unlink();
    insertAfter(head_, item);
  }
  void pushBack(T& item) {
    item.ListHook::unlink();
    insertAfter(*head_.prev_, item);
  }
  T& popFront() {
    T& item = front();
    item.ListHook::unlink();
    return item;
  }

  /// Moves all elements of `other` to the end of this list.
  void splice(IntrusiveList& other) {
    while (!other.empty()) pushBack(other.popFront());
  }

  /// Calls `visit(T&)` for each element; the element visited may unlink or destroy itself.
  template <typename Visit>
  void forEach(Visit&& visit) {
    for (ListHook* at = head_.next_; at != &head_;) {
      ListHook* next = at->next_;
      visit(*static_cast<T*>(at));
      at = next;
    }
  }

 private:
  static void insertAfter(ListHook& where, ListHook& item) {
    item.prev_ = &where;
    item.next_ = where.next_;
    where.next_->prev_ = &item;
    where.next_ = &item;
  }

  ListHook head_;
};

}  // namespace headgate::base
