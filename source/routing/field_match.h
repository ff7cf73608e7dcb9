#pragma once
// A condition on a header or a query parameter.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/config/object.h"
#include "source/http/header_list.h"
#include "source/routing/regex.h"

namespace headgate::routing {

/// `match.headers` and `match.query` have one a name. Of several fields of that name one that fits is enough; inverted,
/// none may fit. Immutable.
struct FieldMatch {
  enum class Kind : uint8_t { Present, Exact, Prefix, Regex };

  std::string name;  ///< of a header: lower-case
  http::HeaderName id = http::HeaderName::Other;
  Kind kind = Kind::Present;
  bool invert = false;
  std::string text;                    ///< of Exact and Prefix
  std::shared_ptr<const Regex> regex;  ///< of Regex

  [[nodiscard]] bool holdsFor(const http::HeaderList& headers) const;
  /// `query`: what stands behind the '?'. Names and values are compared as they came, percent-encoding and all.
  [[nodiscard]] bool holdsFor(std::string_view query) const;
  /// The same condition, as far as can be told.
  friend bool operator==(const FieldMatch& a, const FieldMatch& b);

 private:
  [[nodiscard]] bool fits(std::string_view value) const;
};

/// Reads an object with a condition for each name: a string, which is the value, or one of `{"exact": ""}`, `{"prefix":
/// ""}`, `{"regex": ""}` and `{"present": true}`, with
/// `"invert": true` at will. Mistakes go to the object's errors. Main thread.
[[nodiscard]] std::vector<FieldMatch> readHeaderMatches(config::Object object);
[[nodiscard]] std::vector<FieldMatch> readQueryMatches(config::Object object);

}  // namespace headgate::routing
