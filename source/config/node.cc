#include "source/config/node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "source/config/errors.h"

namespace headgate::config {
namespace {

// RFC 6901 section 3, shortened: the pointer is for people and must not grow with what a stranger sends.
std::string pointerToken(std::string_view key) {
  constexpr size_t kMaxBytes = 100;
  std::string out;
  for (const char c : key.substr(0, kMaxBytes)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    }
  }
  if (key.size() > kMaxBytes) out += "...";
  return out;
}

}  // namespace

Node::Node(const Node& other)
    : key_(other.key_),
      text_(other.text_),
      children_(other.children_),
      reference_(other.reference_ ? std::make_unique<std::string>(*other.reference_) : nullptr),
      number_(other.number_),
      integer_(other.integer_),
      offset_(other.offset_),
      keyOffset_(other.keyOffset_),
      kind_(other.kind_),
      boolean_(other.boolean_),
      whole_(other.whole_),
      secret_(other.secret_),
      unresolved_(other.unresolved_) {
  adoptChildren();
}

// The parent stays: a move happens within the vector of the same parent, or to a place that append() sets right.
Node::Node(Node&& other) noexcept
    : key_(std::move(other.key_)),
      text_(std::move(other.text_)),
      children_(std::move(other.children_)),
      reference_(std::move(other.reference_)),
      parent_(other.parent_),
      number_(other.number_),
      integer_(other.integer_),
      offset_(other.offset_),
      keyOffset_(other.keyOffset_),
      kind_(other.kind_),
      boolean_(other.boolean_),
      whole_(other.whole_),
      secret_(other.secret_),
      unresolved_(other.unresolved_) {
  adoptChildren();
}

Node& Node::operator=(const Node& other) {
  if (this != &other) *this = Node(other);
  return *this;
}

Node& Node::operator=(Node&& other) noexcept {
  if (this == &other) return *this;
  key_ = std::move(other.key_);
  text_ = std::move(other.text_);
  children_ = std::move(other.children_);
  reference_ = std::move(other.reference_);
  parent_ = other.parent_;
  number_ = other.number_;
  integer_ = other.integer_;
  offset_ = other.offset_;
  keyOffset_ = other.keyOffset_;
  kind_ = other.kind_;
  boolean_ = other.boolean_;
  whole_ = other.whole_;
  secret_ = other.secret_;
  unresolved_ = other.unresolved_;
  adoptChildren();
  return *this;
}

void Node::adoptChildren() {
  for (Node& child : children_) child.parent_ = this;
}

std::optional<uint64_t> Node::integer() const {
  if (kind_ != Kind::Number) return std::nullopt;
  if (whole_) return integer_;
  constexpr double kExact = 9007199254740992.0;  // 2^53: above it a double no longer tells whole numbers apart
  if (number_ < 0 || number_ > kExact || std::floor(number_) != number_) return std::nullopt;
  return static_cast<uint64_t>(number_);
}

const Node* Node::find(std::string_view key) const {
  if (kind_ != Kind::Object) return nullptr;
  const auto found =
      std::find_if(children_.begin(), children_.end(), [key](const Node& child) { return child.key_ == key; });
  return found == children_.end() ? nullptr : &*found;
}

std::string Node::pointer() const {
  std::vector<std::string> tokens;
  for (const Node* node = this; node->parent_ != nullptr; node = node->parent_) {
    tokens.push_back(node->parent_->isArray() ? std::to_string(node - node->parent_->children_.data())
                                              : pointerToken(node->key_));
  }
  std::string out;
  for (auto token = tokens.rbegin(); token != tokens.rend(); ++token) out.append("/").append(*token);
  return out;
}

std::string Node::describe() const {
  switch (kind_) {
    case Kind::Null: return "null";
    case Kind::Boolean: return boolean_ ? "true" : "false";
    case Kind::Number: return whole_ ? std::to_string(integer_) : fmt::format("{}", number_);
    case Kind::String:
      return secret_ ? quotedText(*reference_) + " (filled in; its value is not shown)" : quotedText(text_);
    case Kind::Array: return children_.empty() ? "an empty array" : "an array";
    case Kind::Object: return "an object";
  }
  return {};
}

Node Node::makeBoolean(bool value) {
  Node node;
  node.kind_ = Kind::Boolean;
  node.boolean_ = value;
  return node;
}

Node Node::makeNumber(double value) {
  Node node;
  node.kind_ = Kind::Number;
  node.number_ = value;
  return node;
}

Node Node::makeInteger(uint64_t value) {
  Node node = makeNumber(static_cast<double>(value));
  node.integer_ = value;
  node.whole_ = true;
  return node;
}

Node Node::makeString(std::string text) {
  Node node;
  node.kind_ = Kind::String;
  node.text_ = std::move(text);
  return node;
}

Node Node::makeArray() {
  Node node;
  node.kind_ = Kind::Array;
  return node;
}

Node Node::makeObject() {
  Node node;
  node.kind_ = Kind::Object;
  return node;
}

void Node::setKey(std::string key, size_t keyOffset) {
  key_ = std::move(key);
  keyOffset_ = static_cast<uint32_t>(keyOffset);
}

Node& Node::append(Node child) {
  child.parent_ = this;
  return children_.emplace_back(std::move(child));
}

void Node::substitute(std::string text, bool secret) {
  reference_ = std::make_unique<std::string>(std::exchange(text_, std::move(text)));
  secret_ = secret;
}

}  // namespace headgate::config
