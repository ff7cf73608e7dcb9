#pragma once
// JSON as text, written value by value.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::config {

/// Writes one JSON document. What is begun must be ended, and each value of an object follows its key; that is the
/// caller's duty. Malformed UTF-8 in strings becomes '?', so that the text is valid JSON whatever it is given. Not
/// thread-safe.
class JsonWriter {
 public:
  enum class Layout : uint8_t {
    Compact,  ///< on one line
    Pretty,   ///< a line for each value, indented by two spaces
  };

  explicit JsonWriter(Layout layout) : layout_(layout) {}

  void beginObject() { begin('{'); }
  void endObject() { end('}'); }
  void beginArray() { begin('['); }
  void endArray() { end(']'); }
  void key(std::string_view key);
  void string(std::string_view value);
  void integer(uint64_t value);
  /// Must be finite.
  void number(double value);
  void boolean(bool value);
  void null();

  /// The document, with a newline at its end.
  [[nodiscard]] std::string text() const { return out_ + "\n"; }

 private:
  void begin(char bracket);
  void end(char bracket);
  void beforeValue();
  void newLine();
  void quote(std::string_view text);

  const Layout layout_;
  std::string out_;
  std::vector<bool> hasElements_;  ///< for each object and array that is open
  bool afterKey_ = false;
};

}  // namespace headgate::config
