#include "source/http/underscores.h"

#include <algorithm>
#include <array>

#include "source/http/header_name.h"

namespace headgate::http {
namespace {

constexpr size_t kLongestKnown = 32;  // more than the longest name of header_name.h has

// X_Forwarded_For, which a WSGI application reads as X-Forwarded-For.
bool readsAsKnown(std::string_view lowerName) {
  std::array<char, kLongestKnown> name;
  if (lowerName.size() > name.size()) return false;
  const auto end = std::replace_copy(lowerName.begin(), lowerName.end(), name.begin(), '_', '-');
  return headerName({name.data(), static_cast<size_t>(end - name.begin())}) != HeaderName::Other;
}

}  // namespace

NameVerdict judgeName(std::string_view lowerName, Underscores rule) {
  if (lowerName.find('_') == std::string_view::npos) return NameVerdict::Keep;
  switch (rule) {
    case Underscores::Keep: return readsAsKnown(lowerName) ? NameVerdict::Drop : NameVerdict::Keep;
    case Underscores::Drop: return NameVerdict::Drop;
    case Underscores::Refuse: return NameVerdict::Refuse;
  }
  return NameVerdict::Drop;
}

}  // namespace headgate::http
