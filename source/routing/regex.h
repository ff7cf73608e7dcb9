#pragma once
// A regular expression of the configuration, bounded in what it may cost.

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>

#include "source/base/arena.h"
#include "source/base/error.h"

namespace headgate::routing {

/// RE2: time linear in the text, whatever the pattern and whoever wrote the text. Patterns and texts are bytes
/// (Latin-1), so that any field value can be matched. A pattern has at most kMaxPattern bytes and kMaxProgram
/// instructions, and RE2 may keep kMaxMemory for it, its automaton included, which it builds as texts come: that is
/// what may allocate, until it has seen the texts of the day, and what is behind a lock of RE2's own that readers
/// share. Immutable; shared by all threads.
class Regex {
 public:
  static constexpr size_t kMaxPattern = 1024;
  static constexpr int kMaxProgram = 1000;
  static constexpr int64_t kMaxMemory = 512 * 1024;

  /// The error's message says what is wrong with the pattern. Main thread.
  [[nodiscard]] static base::Result<std::shared_ptr<const Regex>> compile(std::string_view pattern);

  [[nodiscard]] const std::string& pattern() const { return pattern_; }
  /// Whether the whole of `text` matches.
  [[nodiscard]] bool matches(std::string_view text) const;
  /// What every matching text begins with; may be empty.
  [[nodiscard]] std::string literalPrefix() const;

  /// For messages: what is wrong with `substitution` (`\1` is the first group, `\0` the match, `\\` a backslash); empty
  /// if nothing.
  [[nodiscard]] std::string checkSubstitution(std::string_view substitution) const;
  /// `text` with its first match replaced, in `arena`; `text` itself if there is none. Not each match: that could take
  /// time that grows with the square of the text. `substitution` passed checkSubstitution.
  [[nodiscard]] std::string_view replaceFirst(std::string_view text, std::string_view substitution,
                                              base::Arena& arena) const;

 private:
  explicit Regex(std::string_view pattern);

  const std::string pattern_;
  const re2::RE2 compiled_;
};

}  // namespace headgate::routing
