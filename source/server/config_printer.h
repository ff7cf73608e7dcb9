#pragma once
// Writes parts of a configuration as they stand in a config file.

#include <cstdint>
#include <string>
#include <string_view>

#include "source/base/clock.h"
#include "source/config/json_writer.h"
#include "source/config/loader.h"
#include "source/config/node.h"
#include "source/config/object.h"
#include "source/config/units.h"

namespace headgate::server {

/// Objects and arrays are written by functions given, so that none is left open. Not thread-safe.
class Printer {
 public:
  [[nodiscard]] std::string text() const { return writer_.text(); }

  void raw(std::string_view text) { writer_.string(text); }
  // A plain "${" of a value must not read as a reference.
  void value(std::string_view text) { raw(config::escapeReferences(text)); }
  void value(uint64_t number) { writer_.integer(number); }
  void value(base::Duration duration) { raw(config::formatDuration(duration)); }
  void value(double number) { writer_.number(number); }
  void value(bool boolean) { writer_.boolean(boolean); }
  void null() { writer_.null(); }

  void key(std::string_view key) { writer_.key(key); }
  template <typename T>
  void member(std::string_view name, const T& content) {
    key(name);
    value(content);
  }
  void rawMember(std::string_view name, std::string_view text) {
    key(name);
    raw(text);
  }
  void member(std::string_view name, uint32_t number) { member(name, uint64_t{number}); }
  void bytes(std::string_view name, uint64_t count) {
    key(name);
    raw(count == config::kUnlimited ? "unlimited" : config::formatBytes(count));
  }

  template <typename Content>
  void object(Content&& content) {
    writer_.beginObject();
    content();
    writer_.endObject();
  }
  template <typename Content>
  void object(std::string_view name, Content&& content) {
    key(name);
    object(content);
  }
  template <typename List, typename Each>
  void elements(const List& list, Each&& each) {
    writer_.beginArray();
    for (const auto& element : list) each(element);
    writer_.endArray();
  }
  template <typename List, typename Each>
  void array(std::string_view name, const List& list, Each&& each) {
    key(name);
    elements(list, each);
  }

  void node(const config::Node& node);

 private:
  void string(const config::Node& node);

  config::JsonWriter writer_{config::JsonWriter::Layout::Pretty};
};

}  // namespace headgate::server
