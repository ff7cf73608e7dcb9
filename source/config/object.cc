#include "source/config/object.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "source/base/strings.h"
#include "source/config/units.h"
#include "source/config/utf8.h"

namespace headgate::config {
namespace {

// A string that was written as a reference may stand for a number or a boolean, since JSON has no other place for a
// reference.
const std::string* filledIn(const Node& node) {
  return node.isString() && node.reference() != nullptr ? &node.string() : nullptr;
}

std::optional<uint64_t> integerOf(const Node& node) {
  const std::string* text = filledIn(node);
  return text != nullptr ? base::parseDecimal(*text) : node.integer();
}

std::optional<double> numberOf(const Node& node) {
  if (const std::string* text = filledIn(node)) {
    double value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || !std::isfinite(value)) return std::nullopt;
    return value;
  }
  if (node.kind() != Node::Kind::Number) return std::nullopt;
  return node.number();
}

std::optional<bool> booleanOf(const Node& node) {
  if (const std::string* text = filledIn(node)) {
    if (*text == "true") return true;
    if (*text == "false") return false;
    return std::nullopt;
  }
  if (node.kind() != Node::Kind::Boolean) return std::nullopt;
  return node.boolean();
}

std::string list(const std::vector<std::string_view>& words, bool inQuotes) {
  std::string out;
  for (const std::string_view& word : words) {
    if (!out.empty()) out += ", ";
    out += inQuotes ? quotedText(word) : std::string(word);
  }
  return out;
}

std::string range(uint64_t min, uint64_t max, std::string (*format)(uint64_t)) {
  if (max == kUnlimited) return min == 0 ? "" : fmt::format(" of at least {}", format(min));
  return fmt::format(" from {} to {}", format(min), format(max));
}

std::string durationRange(base::Duration min, base::Duration max) {
  if (min.count() == 0) return fmt::format("of at most {}", formatDuration(max));
  return fmt::format("from {} to {}", formatDuration(min), formatDuration(max));
}

}  // namespace

Object::Object(const Node& node, Errors& errors)
    : node_(node.isObject() ? &node : nullptr), anchor_(&node), errors_(&errors), silent_(!node.isObject()) {
  if (!node.isObject() && !node.unresolved()) errors.add(node, "expected an object, got " + node.describe());
}

Object::Object(const Node* anchor, std::string missing, bool silent, Errors& errors)
    : node_(nullptr), anchor_(anchor), missing_(std::move(missing)), errors_(&errors), silent_(silent) {}

const Node* Object::node(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  const Node* value = node_ != nullptr ? node_->find(key) : nullptr;
  return value == nullptr || value->isNull() || value->unresolved() ? nullptr : value;
}

void Object::error(std::string_view key, std::string message) {
  if (silent_) return;
  const Node* value = node_ != nullptr ? node_->find(key) : nullptr;
  if (value == nullptr) {
    errors_->addAt(anchor_->offset(), fmt::format("{}{}/{}", anchor_->pointer(), missing_, key), std::move(message));
  } else if (!value->unresolved()) {
    errors_->add(*value, std::move(message));
  }
}

void Object::error(std::string message) {
  if (!silent_) errors_->addAt(anchor_->offset(), anchor_->pointer() + missing_, std::move(message));
}

void Object::expected(std::string_view key, std::string_view what) {
  const Node* value = node(key);
  error(key, value != nullptr ? fmt::format("expected {}, got {}", what, value->describe())
                              : fmt::format("missing; expected {}", what));
}

const Node* Object::text(std::string_view key, std::string_view what) {
  const Node* value = node(key);
  if (value == nullptr) return nullptr;
  if (!value->isString()) {
    expected(key, what);
    return nullptr;
  }
  if (value->string().find('\0') != std::string::npos) {
    error(key, fmt::format("expected {}, got a string with a NUL character", what));
    return nullptr;
  }
  return value;
}

std::string Object::string(std::string_view key, std::string_view fallback) {
  const Node* value = text(key, "a string");
  return value != nullptr ? value->string() : std::string(fallback);
}

std::string Object::requiredString(std::string_view key, std::string_view what) {
  const Node* given = node(key);
  const Node* value = text(key, what);
  if (value == nullptr && given != nullptr) return {};
  if (value == nullptr || value->string().empty()) expected(key, what);
  return value != nullptr ? value->string() : std::string();
}

base::Duration Object::duration(std::string_view key, base::Duration fallback, base::Duration min, base::Duration max) {
  constexpr std::string_view kWhat = "a duration such as \"5s\" or \"250ms\"";
  const Node* value = text(key, kWhat);
  if (value == nullptr) return fallback;
  const std::optional<base::Duration> parsed = parseDuration(value->string());
  if (!parsed) {
    expected(key, kWhat);
    return fallback;
  }
  if (*parsed < min || *parsed > max) {
    expected(key, "a duration " + durationRange(min, max));
    return fallback;
  }
  return *parsed;
}

uint64_t Object::bytes(std::string_view key, uint64_t fallback, uint64_t min, uint64_t max) {
  const Node* value = node(key);
  if (value == nullptr) return fallback;
  if (max == kUnlimited && value->isString() && value->string() == "unlimited") return kUnlimited;
  const std::optional<uint64_t> parsed = value->isString() ? parseBytes(value->string()) : value->integer();
  if (!parsed) {
    expected(key,
             max == kUnlimited ? "a size such as \"16KiB\", or \"unlimited\"" : "a size such as \"16KiB\" or \"1MiB\"");
    return fallback;
  }
  if (*parsed < min || *parsed > max) {
    expected(key, "a size" + range(min, max, formatBytes));
    return fallback;
  }
  return *parsed;
}

uint64_t Object::integer(std::string_view key, uint64_t fallback, uint64_t min, uint64_t max) {
  const Node* value = node(key);
  if (value == nullptr) return fallback;
  const std::optional<uint64_t> parsed = integerOf(*value);
  if (parsed && *parsed >= min && *parsed <= max) return *parsed;
  expected(key, "a whole number" + range(min, max, [](uint64_t number) { return std::to_string(number); }));
  return fallback;
}

uint32_t Object::integer32(std::string_view key, uint32_t fallback, uint32_t min, uint32_t max) {
  return static_cast<uint32_t>(integer(key, fallback, min, max));
}

double Object::number(std::string_view key, double fallback, double min, double max) {
  const Node* value = node(key);
  if (value == nullptr) return fallback;
  const std::optional<double> parsed = numberOf(*value);
  if (parsed && *parsed >= min && *parsed <= max) return *parsed;
  expected(key, fmt::format("a number from {} to {}", min, max));
  return fallback;
}

bool Object::boolean(std::string_view key, bool fallback) {
  const Node* value = node(key);
  if (value == nullptr) return fallback;
  const std::optional<bool> parsed = booleanOf(*value);
  if (!parsed) expected(key, "true or false");
  return parsed.value_or(fallback);
}

size_t Object::chooseWord(std::string_view key, const std::vector<std::string_view>& words) {
  const std::string what = "one of " + list(words, true);
  const Node* value = text(key, what);
  if (value == nullptr) return words.size();
  const auto found = std::find(words.begin(), words.end(), value->string());
  if (found == words.end()) expected(key, what);
  return static_cast<size_t>(found - words.begin());
}

std::string Object::name(std::string_view key) {
  constexpr size_t kMaxBytes = 128;
  constexpr std::string_view kWhat = "a name of 1 to 128 characters without control characters";
  const Node* value = text(key, kWhat);
  if (value == nullptr) return {};
  const std::string& given = value->string();
  if (given.empty() || given.size() > kMaxBytes || hasControlCharacters(given)) expected(key, kWhat);
  return given;
}

std::vector<std::string> Object::strings(std::string_view key) {
  std::vector<std::string> result;
  forEach(key, [&](const Node& element) {
    if (element.unresolved()) return;
    if (element.isString() && element.string().find('\0') == std::string::npos) {
      result.push_back(element.string());
    } else {
      errors_->add(element, "expected a string, got " + element.describe());
    }
  });
  return result;
}

const Node* Object::array(std::string_view key) {
  const Node* value = node(key);
  if (value == nullptr || value->isArray()) return value;
  expected(key, "an array");
  return nullptr;
}

void Object::requireElements(std::string_view key, std::string_view what) {
  const Node* list = node(key);
  if (list == nullptr || (list->isArray() && list->children().empty())) expected(key, what);
}

Object Object::child(std::string_view key) {
  if (const Node* value = node(key)) return Object(*value, *errors_);
  const Node* given = node_ != nullptr ? node_->find(key) : nullptr;
  const bool reported = given != nullptr && given->unresolved();
  return Object(anchor_, fmt::format("{}/{}", missing_, key), silent_ || reported, *errors_);
}

const std::string_view* Object::nearest(std::string_view word, const std::vector<std::string_view>& names) {
  // At most a third of the letters may differ, and two always may.
  constexpr size_t kLongestWord = 64;  // beyond it nobody mistyped one of ours
  if (word.size() > kLongestWord) return nullptr;
  const std::string_view* best = nullptr;
  size_t bestDistance = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string_view& candidate : names) {
    const size_t distance = base::editDistance(word, candidate);
    if (distance >= bestDistance || distance >= candidate.size()) continue;
    best = &candidate;
    bestDistance = distance;
  }
  return best;
}

void Object::finish() {
  if (finished_ || node_ == nullptr) return;
  finished_ = true;
  const std::vector<std::string_view> known(known_.begin(), known_.end());
  for (const Node& member : node_->children()) {
    if (std::find(known.begin(), known.end(), member.key()) != known.end()) continue;
    std::string message = "unknown key " + quotedText(member.key());
    if (const std::string_view* near = nearest(member.key(), known)) {
      message += "; did you mean " + quotedText(*near) + "?";
    } else if (known.empty()) {
      message += "; no keys are known here";
    } else {
      message += "; known here: " + list(known, false);
    }
    errors_->addAtKey(member, std::move(message));
  }
}

}  // namespace headgate::config
