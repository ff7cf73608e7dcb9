#pragma once
// Which origins may read answers.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/base/error.h"

namespace re2 {
class RE2;
}

namespace headgate::filters::cors {

/// A set of origins (RFC 6454 section 6.2: "https://a.example:8443"). Immutable once filled; shared by workers.
class Origins {
 public:
  Origins();
  ~Origins();
  Origins(Origins&&) noexcept;
  Origins& operator=(Origins&&) noexcept;

  /// "https://a.example", "https://*.a.example:8443" (one or more labels in place of the star, same scheme and port),
  /// "null", or "*" for all. The error's message says what was expected.
  [[nodiscard]] base::Status add(std::string_view text);
  /// The whole origin must match (RE2).
  [[nodiscard]] base::Status addRegex(std::string_view regex);

  [[nodiscard]] bool any() const { return any_; }
  [[nodiscard]] bool empty() const { return !any_ && exact_.empty() && suffixes_.empty() && regexes_.empty(); }
  [[nodiscard]] bool contains(std::string_view origin) const;

 private:
  struct Suffix {
    std::string scheme;  ///< "https://"
    std::string rest;    ///< ".a.example:8443"
  };

  std::vector<std::string> exact_;
  std::vector<Suffix> suffixes_;
  std::vector<std::unique_ptr<re2::RE2>> regexes_;
  bool any_ = false;
};

}  // namespace headgate::filters::cors
