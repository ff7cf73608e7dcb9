#pragma once
// Lets hash maps of std::string be asked with a std::string_view.

#include <functional>
#include <string_view>

namespace headgate::base {

struct StringHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
struct StringEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return a == b; }
};

}  // namespace headgate::base
