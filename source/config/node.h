#pragma once
// A parsed JSON value that knows where it stood in its document.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

/// A JSON value with its children, by value: a copy is a deep copy. Members of an object keep the order of the document
/// and have unique keys. Addresses of children are stable as long as the root is neither changed nor moved from. Depth
/// is at most 64 (the parser sees to it), so recursion over a tree is safe. Immutable once parsed and substituted; then
/// shared freely by threads.
class Node {
 public:
  enum class Kind : uint8_t { Null, Boolean, Number, String, Array, Object };

  Node() = default;
  Node(const Node& other);
  Node(Node&& other) noexcept;
  Node& operator=(const Node& other);
  Node& operator=(Node&& other) noexcept;
  ~Node() = default;

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool isNull() const { return kind_ == Kind::Null; }
  [[nodiscard]] bool isString() const { return kind_ == Kind::String; }
  [[nodiscard]] bool isArray() const { return kind_ == Kind::Array; }
  [[nodiscard]] bool isObject() const { return kind_ == Kind::Object; }

  /// False unless it is the boolean true.
  [[nodiscard]] bool boolean() const { return boolean_; }
  /// The number as the nearest double; 0 if it is none.
  [[nodiscard]] double number() const { return number_; }
  /// The number if it is a whole one of 0..2^64-1 (`5`, also `5.0` and `5e3`); otherwise nothing.
  [[nodiscard]] std::optional<uint64_t> integer() const;
  /// The text of a string with its variables filled in; empty if it is none. May hold NUL bytes ("\u0000").
  [[nodiscard]] const std::string& string() const { return text_; }
  /// The elements of an array, or the values of an object's members; empty for all others.
  [[nodiscard]] const std::vector<Node>& children() const { return children_; }
  /// The value of a member of this object; null if there is none.
  [[nodiscard]] const Node* find(std::string_view key) const;

  /// The key of this value in its object; empty in an array and at the root.
  [[nodiscard]] const std::string& key() const { return key_; }
  /// Null at the root (and for a copy made of a part of a tree).
  [[nodiscard]] const Node* parent() const { return parent_; }
  /// Byte offsets in the document: of the first byte of the value, and of the quote before the key.
  [[nodiscard]] size_t offset() const { return offset_; }
  [[nodiscard]] size_t keyOffset() const { return keyOffset_; }
  /// JSON Pointer (RFC 6901); "" for the root. Keys over 100 bytes are cut with "...", control characters become '?'.
  [[nodiscard]] std::string pointer() const;

  /// The string as the document has it, if variables or files were filled in: "${HOME}/log". Otherwise null.
  [[nodiscard]] const std::string* reference() const { return reference_ ? reference_.get() : nullptr; }
  /// Part of the string came from the environment or a file (not from a default written in the document): dumps and
  /// messages show the reference, never the value.
  [[nodiscard]] bool secret() const { return secret_; }

  /// A reference in it could not be filled in, and that is reported already: readers take the default and stay silent.
  [[nodiscard]] bool unresolved() const { return unresolved_; }

  /// For messages, what came: `"5sec"`, `17`, `true`, `null`, `an array`, `an object`; the reference of a secret.
  [[nodiscard]] std::string describe() const;

  // For the parser and the loader, while they build a tree.
  static Node makeNull() { return {}; }
  static Node makeBoolean(bool value);
  static Node makeNumber(double value);
  static Node makeInteger(uint64_t value);
  static Node makeString(std::string text);
  static Node makeArray();
  static Node makeObject();
  void setOffset(size_t offset) { offset_ = static_cast<uint32_t>(offset); }
  void setKey(std::string key, size_t keyOffset);
  Node& append(Node child);
  [[nodiscard]] std::vector<Node>& mutableChildren() { return children_; }
  /// Replaces the text of a string by `text`, which its references stand for.
  void substitute(std::string text, bool secret);
  void markUnresolved() { unresolved_ = true; }

 private:
  void adoptChildren();

  std::string key_;
  std::string text_;
  std::vector<Node> children_;
  std::unique_ptr<std::string> reference_;
  const Node* parent_ = nullptr;
  double number_ = 0;
  uint64_t integer_ = 0;
  uint32_t offset_ = 0;
  uint32_t keyOffset_ = 0;
  Kind kind_ = Kind::Null;
  bool boolean_ = false;
  bool whole_ = false;  ///< integer_ holds the number
  bool secret_ = false;
  bool unresolved_ = false;
};

}  // namespace headgate::config
