#pragma once
// Changes of the fields of a message, with values made from the facts of the exchange: options of routes and filters.

#include <string>
#include <vector>

#include "source/config/object.h"
#include "source/format/formatter.h"
#include "source/http/header_list.h"

namespace headgate::format {

/// `{"remove": ["x-a"], "set": {"x-b": "%REQ(:PATH)%"}, "add": {"x-c": "1", "x-d": ["1", "2"]}}`, applied in this
/// order. Immutable after reading, copyable; shared by workers.
///
/// A value that is empty for an exchange adds no field, and `set` then removes the one that came: a field that a
/// backend trusts must not be the client's because a value is missing. Fields of the connection and of the framing
/// cannot be changed (RFC 9110 section 7.6.1), nor Host, which a route rewrites.
class HeaderRules {
 public:
  HeaderRules() = default;
  /// Adds mistakes to the object's errors, and finishes it. Main thread.
  [[nodiscard]] static HeaderRules read(config::Object object);
  /// The same of an object that has the members of `set` alone.
  [[nodiscard]] static HeaderRules readFields(config::Object object);

  [[nodiscard]] bool empty() const { return rules_.empty(); }
  /// Changes `headers`, whose arena gets the values. Names and constant values are not copied, so the rules must live
  /// as long as `headers` (the stream pins its configuration).
  void apply(http::HeaderList& headers, const Facts& facts) const;

 private:
  enum class Action : uint8_t { Remove, Set, Add };
  struct Rule {
    Action action;
    std::string name;  ///< lower-case
    http::HeaderName id;
    std::vector<Formatter> value;  ///< one; none for Remove
  };
  [[nodiscard]] bool sets(std::string_view name) const;
  void readFields(config::Object object, Action action);
  void readValues(const config::Node& member, const std::string& name, Action action, config::Errors& errors);
  void readValue(const config::Node& value, const std::string& name, Action action, config::Errors& errors);

  std::vector<Rule> rules_;
};

}  // namespace headgate::format
