#include "source/limits/record_text.h"

#include <optional>

#include "source/config/json_writer.h"
#include "source/config/parser.h"

namespace headgate::limits {
std::string labelsText(const Labels& labels) {
  if (labels.empty()) return "{}";
  config::JsonWriter writer(config::JsonWriter::Layout::Compact);
  writer.beginObject();
  for (const auto& [key, value] : labels) {
    writer.key(key);
    writer.string(value);
  }
  writer.endObject();
  std::string text = writer.text();
  text.pop_back();
  return text;
}

Labels parseLabels(std::string_view text) {
  Labels labels;
  if (text == "{}") return labels;
  config::Errors errors("labels", text);
  const std::optional<config::Node> root = config::parseJson(text, {}, errors);
  if (!root) return labels;
  for (const config::Node& value : root->children()) {
    if (value.isString() && !value.key().empty()) labels.emplace(value.key(), value.string());
  }
  return problemOf(labels) ? Labels() : labels;
}

Mode modeOf(std::string_view word) { return parseMode(word).value_or(Mode::Enforce); }

}  // namespace headgate::limits
