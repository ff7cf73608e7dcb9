#pragma once
// A request target taken apart: segments and parameters, decoded only after they were told apart.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/error.h"

namespace headgate::admin {

/// The bytes that `text` stands for (RFC 3986 section 2.1); nothing if a percent sign is not followed by two hex
/// digits. With `plusIsSpace` as forms have it.
[[nodiscard]] std::optional<std::string> percentDecode(std::string_view text, bool plusIsSpace = false);
/// The other way: all but unreserved characters become triplets, so that the text is one segment of a path or one value
/// of a query.
[[nodiscard]] std::string percentEncode(std::string_view text);

/// The parameters of a query, such as "prefix=a&limit=10", each name once.
class Query {
 public:
  /// Malformed percent-encoding and a repeated name are BadRequest. `text` is without its '?'.
  [[nodiscard]] static base::Result<Query> parse(std::string_view text);

  /// The value; null if the parameter is not there. `name` alone has the value "".
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const { return parameters_; }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

/// The target as it was received: an id may hold any character, also a slash or two dots, as %2F and %2E%2E.
struct Target {
  std::vector<std::string> segments;  ///< of "/clients/a%2Fb": "clients", "a/b"; of "/": one empty segment
  Query query;

  /// `raw` begins with '/'. BadRequest as Query::parse.
  [[nodiscard]] static base::Result<Target> parse(std::string_view raw);
};

}  // namespace headgate::admin
