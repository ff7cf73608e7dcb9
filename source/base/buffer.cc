#include "source/base/buffer.h"

#include <algorithm>
#include <cstring>

namespace headgate::base {

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(other.pool_),
      head_(std::exchange(other.head_, nullptr)),
      tail_(std::exchange(other.tail_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  clear();
  pool_ = other.pool_;
  head_ = std::exchange(other.head_, nullptr);
  tail_ = std::exchange(other.tail_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void Buffer::push(Slice slice) {
  size_ += slice.size();
  SlabPool::Node* node = pool_->takeNode(std::move(slice));
  if (tail_ == nullptr) {
    head_ = node;
  } else {
    tail_->next = node;
  }
  tail_ = node;
}

// The space behind the last slice may be written only when nobody else holds the slab: another holder's bytes could
// lie there.
size_t Buffer::tailRoom() const {
  if (tail_ == nullptr) return 0;
  const Slice& slice = tail_->slice;
  Slab* slab = slice.slab();
  if (slab->refs != 1) return 0;
  return static_cast<size_t>(slab->data() + slab->capacity - (slice.data() + slice.size()));
}

char* Buffer::reserve(size_t bytes) {
  if (tailRoom() < bytes || tailRoom() == 0) {
    Slab* slab = pool_->takeSmall();
    push(Slice(slab, slab->data(), 0));
    --slab->refs;  // the slice holds it now
  }
  return const_cast<char*>(tail_->slice.data() + tail_->slice.size());
}

void Buffer::commit(size_t bytes) {
  tail_->slice.grow(bytes);
  size_ += bytes;
}

void Buffer::append(std::string_view bytes) {
  while (!bytes.empty()) {
    char* to = reserve(1);
    const size_t count = std::min(bytes.size(), tailRoom());
    std::memcpy(to, bytes.data(), count);
    commit(count);
    bytes.remove_prefix(count);
  }
}

void Buffer::append(Slice slice) {
  if (slice.empty()) return;
  // A short piece of a large slab would pin all of it.
  if (slice.size() <= std::max<size_t>(kCopyBytes, slice.slab()->capacity / 8)) {
    append(slice.view());
  } else {
    push(std::move(slice));
  }
}

void Buffer::append(Buffer& other) {
  if (other.empty()) {
    other.clear();
    return;
  }
  if (tail_ != nullptr && other.size_ <= kCopyBytes) {
    for (SlabPool::Node* node = other.head_; node != nullptr; node = node->next) append(node->slice.view());
    other.clear();
    return;
  }
  if (tail_ == nullptr) {
    head_ = other.head_;
  } else {
    tail_->next = other.head_;
  }
  tail_ = other.tail_;
  size_ += other.size_;
  other.head_ = other.tail_ = nullptr;
  other.size_ = 0;
}

void Buffer::appendFront(Buffer& other, size_t bytes) {
  if (bytes >= other.size_) return append(other);
  while (bytes > 0) {
    Slice& slice = other.head_->slice;
    const size_t count = std::min(bytes, slice.size());
    append(Slice(slice.slab(), const_cast<char*>(slice.data()), static_cast<uint32_t>(count)));
    other.drain(count);
    bytes -= count;
  }
}

void Buffer::appendShared(const Buffer& other) {
  for (SlabPool::Node* node = other.head_; node != nullptr; node = node->next) append(Slice(node->slice));
}

void Buffer::drain(size_t bytes) {
  size_ -= bytes;
  while (head_ != nullptr && bytes >= head_->slice.size()) {
    bytes -= head_->slice.size();
    SlabPool::Node* next = head_->next;
    pool_->giveNode(head_);
    head_ = next;
  }
  if (head_ == nullptr) {
    tail_ = nullptr;
  } else if (bytes > 0) {
    head_->slice.removePrefix(bytes);
  }
}

size_t Buffer::iovecs(iovec* vectors, size_t count) const {
  size_t used = 0;
  for (SlabPool::Node* node = head_; node != nullptr && used < count; node = node->next) {
    if (node->slice.empty()) continue;
    vectors[used++] = {const_cast<char*>(node->slice.data()), node->slice.size()};
  }
  return used;
}

std::string Buffer::toString() const {
  std::string all;
  all.reserve(size_);
  for (SlabPool::Node* node = head_; node != nullptr; node = node->next) all.append(node->slice.view());
  return all;
}

}  // namespace headgate::base
