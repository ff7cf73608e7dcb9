#pragma once
// Typed fields of an object of the config document: ask for each key with its default and range, then finish().

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/clock.h"
#include "source/config/errors.h"
#include "source/config/node.h"

namespace headgate::config {

/// For `bytes()`: as `max` it permits the value "unlimited", which reads as this number.
inline constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();
/// The longest duration that a key takes: a year.
inline constexpr base::Duration kMaxDuration = std::chrono::hours(24 * 365);

/// Reads the members of one object and adds what is wrong to an Errors; never throws and never stops at a mistake: a
/// key that is absent, `null` or wrong gives its default, so that a reader runs to its end and finds all mistakes in
/// one go.
///
///     AccessLogOptions read(config::Object& options) {
///       result.path = options.string("path", "/dev/stdout");
///       result.format = options.choice<Format>("format", Format::Default, {{"default", Format::Default}, {"json",
///       Format::Json}}); result.bufferSize = options.bytes("buffer", 64 * 1024, 1024, 1 << 20); if
///       (result.path.empty()) options.error("path", "expected a file name, got \"\""); return result;
///     }
///
/// Every key asked for is a known one; finish() reports the others, with the nearest known key. Who makes the Object
/// calls finish(); a filter's `read` gets an Object whose "name" is read already and leaves finish() to its caller.
/// Numbers and booleans may also stand in a string that holds a reference ("${WORKERS:-4}").
/// Main thread. The Node and the Errors must outlive the Object; children made by child() may outlive their parent.
class Object {
 public:
  /// A node that is no object is an error, and then reads as an empty object.
  Object(const Node& node, Errors& errors);

  [[nodiscard]] std::string string(std::string_view key, std::string_view fallback = {});
  /// Absent, null or empty is an error; `what` says what is expected: "the name of a cluster".
  [[nodiscard]] std::string requiredString(std::string_view key, std::string_view what = "a string");
  /// "250ms", "5s", "1m", "1h"; min <= value <= max.
  [[nodiscard]] base::Duration duration(std::string_view key, base::Duration fallback,
                                        base::Duration min = base::Duration{0}, base::Duration max = kMaxDuration);
  /// A number of bytes, or "16KiB", "1MiB", "2GiB"; also "unlimited" if max is kUnlimited.
  [[nodiscard]] uint64_t bytes(std::string_view key, uint64_t fallback, uint64_t min = 0, uint64_t max = kUnlimited);
  [[nodiscard]] uint64_t integer(std::string_view key, uint64_t fallback, uint64_t min, uint64_t max);
  /// integer() for a field of 32 bits.
  [[nodiscard]] uint32_t integer32(std::string_view key, uint32_t fallback, uint32_t min, uint32_t max);
  [[nodiscard]] double number(std::string_view key, double fallback, double min, double max);
  [[nodiscard]] bool boolean(std::string_view key, bool fallback);
  /// One of a set of words; the words are given in place, or in a constant table.
  template <typename E>
  [[nodiscard]] E choice(std::string_view key, E fallback, std::initializer_list<std::pair<std::string_view, E>> words);
  template <typename E>
  [[nodiscard]] E choice(std::string_view key, E fallback, std::span<const std::pair<std::string_view, E>> words);
  /// A name that logs and statistics will show: 1 to 128 bytes without control characters. Absent: empty.
  [[nodiscard]] std::string name(std::string_view key);
  /// The strings of an array of strings; absent or null: empty.
  [[nodiscard]] std::vector<std::string> strings(std::string_view key);

  /// The value of `key` for readers of their own; null if it is absent or `null`.
  [[nodiscard]] const Node* node(std::string_view key);
  [[nodiscard]] bool has(std::string_view key) { return node(key) != nullptr; }
  /// An object within; absent or null: an empty one, so that all defaults apply. finish() it too.
  [[nodiscard]] Object child(std::string_view key);
  /// Calls `visit(const Node&)` for each element of an array; returns their number (0 if absent, null or no array).
  template <typename Visit>
  size_t forEach(std::string_view key, Visit&& visit);

  /// An error if the array is absent, null or empty; `what` says what is expected: "at least one endpoint".
  void requireElements(std::string_view key, std::string_view what);

  /// The one of `names` that `word` was most likely meant to be; null if none is near. For "did you mean".
  [[nodiscard]] static const std::string_view* nearest(std::string_view word,
                                                       const std::vector<std::string_view>& names);

  /// A mistake in the value of `key` (at the object if it is absent): say what was expected and what came.
  void error(std::string_view key, std::string message);
  /// A mistake of the object as a whole.
  void error(std::string message);
  /// `expected <what>, got <value>` at the value of `key`, or `missing; expected <what>`.
  void expected(std::string_view key, std::string_view what);

  /// Reports the keys that were never asked for. A second call does nothing.
  void finish();

  /// Null for the empty object that stands for an absent one.
  [[nodiscard]] const Node* source() const { return node_; }
  [[nodiscard]] Errors& errors() { return *errors_; }

 private:
  Object(const Node* anchor, std::string missing, bool silent, Errors& errors);
  const Node* array(std::string_view key);
  const Node* text(std::string_view key, std::string_view what);
  size_t chooseWord(std::string_view key, const std::vector<std::string_view>& words);

  const Node* node_;     ///< null = empty
  const Node* anchor_;   ///< where mistakes about absent keys are reported
  std::string missing_;  ///< from anchor_ down to this object, "" when it exists
  Errors* errors_;
  bool silent_;  ///< what is wrong with this object as a whole is reported already
  std::vector<std::string> known_;
  bool finished_ = false;
};

template <typename E>
E Object::choice(std::string_view key, E fallback, std::initializer_list<std::pair<std::string_view, E>> words) {
  return choice<E>(key, fallback, std::span<const std::pair<std::string_view, E>>(words.begin(), words.size()));
}

template <typename E>
E Object::choice(std::string_view key, E fallback, std::span<const std::pair<std::string_view, E>> words) {
  std::vector<std::string_view> names;
  for (const auto& word : words) names.push_back(word.first);
  const size_t chosen = chooseWord(key, names);
  return chosen < words.size() ? words[chosen].second : fallback;
}

template <typename Visit>
size_t Object::forEach(std::string_view key, Visit&& visit) {
  const Node* list = array(key);
  if (list == nullptr) return 0;
  for (const Node& element : list->children()) visit(element);
  return list->children().size();
}

}  // namespace headgate::config
