#include "source/limits/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/config/errors.h"
#include "source/config/utf8.h"
#include "source/limits/address_id.h"

namespace headgate::limits {
namespace {

constexpr std::string_view kReserved[] = {".", "..", "batch", "export"};

bool isPrintableAscii(char c) { return c >= 0x20 && c < 0x7f; }

bool isText(std::string_view text) { return config::isUtf8(text) && !config::hasControlCharacters(text); }

}  // namespace

std::optional<std::string> problemOfId(std::string_view id) {
  if (id.empty()) return "expected 1 to 256 bytes of printable ASCII, got an empty string";
  if (id.size() > kMaxIdBytes) return fmt::format("expected at most 256 bytes, got {}", id.size());
  if (!std::all_of(id.begin(), id.end(), isPrintableAscii)) {
    return fmt::format("expected printable ASCII alone, got {}", config::quotedText(id));
  }
  if (id.front() == ' ' || id.back() == ' ') return "expected no space at either end: no request could name it";
  if (std::find(std::begin(kReserved), std::end(kReserved), id) != std::end(kReserved)) {
    return fmt::format("\"{}\" is reserved", id);
  }
  return problemOfAddressId(id);
}

std::optional<FieldProblem> problemOf(const Labels& labels) {
  if (labels.size() > kMaxLabels) {
    return FieldProblem{"labels", fmt::format("expected at most {} labels, got {}", kMaxLabels, labels.size())};
  }
  for (const auto& [key, value] : labels) {
    if (key.empty() || key.size() > kMaxLabelKeyBytes || !isText(key)) {
      return FieldProblem{"labels", fmt::format("expected keys of 1 to {} bytes without control characters, got {}",
                                                kMaxLabelKeyBytes, config::quotedText(key))};
    }
    if (value.size() > kMaxLabelValueBytes || !isText(value)) {
      return FieldProblem{"labels/" + key, fmt::format("expected at most {} bytes without control characters, got {}",
                                                       kMaxLabelValueBytes, config::quotedText(value))};
    }
  }
  return std::nullopt;
}

}  // namespace headgate::limits
