#include <algorithm>

#include "api/filter_factory.h"

namespace headgate::api {
namespace {

// A function-local static, since registrations run before main in no known order.
std::vector<FilterType>& registry() {
  static std::vector<FilterType> types;
  return types;
}

}  // namespace

FilterRegistration::FilterRegistration(const FilterType& type) { registry().push_back(type); }

const FilterType* findFilter(std::string_view name) {
  for (const FilterType& type : registry()) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::vector<std::string_view> filterNames() {
  std::vector<std::string_view> names;
  for (const FilterType& type : registry()) names.push_back(type.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace headgate::api
