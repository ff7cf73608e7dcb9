#include "source/http/header_list.h"

#include <algorithm>

namespace headgate::http {

void HeaderList::grow() {
  const uint32_t capacity = capacity_ == 0 ? 16 : capacity_ * 2;
  auto* items = arena_->array<Header>(capacity);
  std::copy(items_, items_ + size_, items);
  items_ = items;
  capacity_ = capacity;
}

const Header* HeaderList::find(HeaderName name) const {
  for (const Header& header : *this) {
    if (header.id == name) return &header;
  }
  return nullptr;
}

const Header* HeaderList::find(std::string_view lowerName) const {
  const HeaderName id = headerName(lowerName);
  if (id != HeaderName::Other) return find(id);
  for (const Header& header : *this) {
    if (header.id == HeaderName::Other && header.name == lowerName) return &header;
  }
  return nullptr;
}

std::string_view HeaderList::get(HeaderName name) const {
  const Header* header = find(name);
  return header == nullptr ? std::string_view() : header->value;
}

std::string_view HeaderList::get(std::string_view lowerName) const {
  const Header* header = find(lowerName);
  return header == nullptr ? std::string_view() : header->value;
}

void HeaderList::set(HeaderName name, std::string_view value) { setLine({text(name), value, name}); }

void HeaderList::set(std::string_view lowerName, std::string_view value) {
  setLine({lowerName, value, headerName(lowerName)});
}

void HeaderList::setLine(const Header& line) {
  const auto isNamesake = [&line](const Header& header) {
    return header.id == line.id && (line.id != HeaderName::Other || header.name == line.name);
  };
  Header* const first = std::find_if(items_, items_ + size_, isNamesake);
  if (first == items_ + size_) return push(line);
  first->value = line.value;
  removeIf([&](const Header& header) { return &header > first && isNamesake(header); });
}

size_t HeaderList::remove(HeaderName name) {
  return removeIf([&](const Header& header) { return header.id == name; });
}

size_t HeaderList::remove(std::string_view lowerName) {
  return removeIf([&](const Header& header) { return header.name == lowerName; });
}

void HeaderList::copyTo(HeaderList& other) const {
  for (const Header& header : *this) other.push(header);
}

}  // namespace headgate::http
