#include "source/base/slab_pool.h"

#include <new>

namespace headgate::base {
namespace {

// Beside the payload a slab has its header and a cache line more, so that consecutive ones do not share cache sets.
constexpr size_t kColour = 64;

void destroyList(Slab* head) {
  while (head != nullptr) {
    Slab* next = head->nextFree;
    ::operator delete(head);
    head = next;
  }
}

}  // namespace

SlabPool::~SlabPool() {
  destroyList(small_.head);
  destroyList(large_.head);
  while (freeNodes_ != nullptr) {
    Node* next = freeNodes_->next;
    delete freeNodes_;
    freeNodes_ = next;
  }
}

Slab* SlabPool::take(FreeList& list, uint32_t capacity) {
  ++inUse_;
  Slab* slab = list.head;
  if (slab != nullptr) {
    list.head = slab->nextFree;
    --list.count;
  } else {
    slab = static_cast<Slab*>(::operator new(sizeof(Slab) + capacity + kColour));
    slab->pool = this;
    slab->capacity = capacity;
  }
  slab->nextFree = nullptr;
  slab->refs = 1;
  return slab;
}

Slab* SlabPool::takeSized(uint32_t capacity) {
  FreeList none;
  return take(none, capacity);
}

void SlabPool::release(Slab* slab) {
  --inUse_;
  const bool isLarge = slab->capacity == kLargeBytes;
  const bool pooled = isLarge || slab->capacity == kSmallBytes;
  FreeList& list = isLarge ? large_ : small_;
  if (!pooled || list.count >= (isLarge ? kMaxFreeLarge : kMaxFreeSmall)) {
    ::operator delete(slab);
    return;
  }
  slab->nextFree = list.head;
  list.head = slab;
  ++list.count;
}

SlabPool::Node* SlabPool::takeNode(Slice slice) {
  Node* node = freeNodes_;
  if (node == nullptr) return new Node{nullptr, std::move(slice)};
  freeNodes_ = node->next;
  --freeNodeCount_;
  node->next = nullptr;
  node->slice = std::move(slice);
  return node;
}

void SlabPool::giveNode(Node* node) {
  if (freeNodeCount_ >= kMaxFreeNodes) {
    delete node;
    return;
  }
  node->slice = Slice();
  node->next = freeNodes_;
  freeNodes_ = node;
  ++freeNodeCount_;
}

}  // namespace headgate::base
