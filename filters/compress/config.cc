#include "filters/compress/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "filters/compress/filter.h"
#include "source/base/strings.h"

namespace headgate::filters::compress {
namespace {

std::optional<Coding> codingOf(std::string_view token) {
  for (size_t i = 0; i < kCodings; ++i) {
    if (kCodingFacts[i].token == token) return static_cast<Coding>(i);
  }
  return std::nullopt;
}

void readCodings(config::Object& object, std::vector<Coding>& codings) {
  if (!object.has("encodings")) return;
  codings.clear();
  object.requireElements("encodings", "at least one of \"gzip\", \"br\" and \"zstd\"");
  object.forEach("encodings", [&](const config::Node& element) {
    if (element.unresolved()) return;
    const std::optional<Coding> coding = codingOf(element.string());
    if (!coding) {
      object.errors().add(element,
                          fmt::format("expected one of \"gzip\", \"br\", \"zstd\", got {}", element.describe()));
    } else if (std::find(codings.begin(), codings.end(), *coding) != codings.end()) {
      object.errors().add(element, fmt::format("{} is listed twice", element.describe()));
    } else {
      codings.push_back(*coding);
    }
  });
}

void readTypes(config::Object& object, MediaTypes& types) {
  if (!object.has("content_types")) return;
  types = MediaTypes();
  object.forEach("content_types", [&](const config::Node& element) {
    if (element.unresolved()) return;
    std::string text = element.string();
    std::transform(text.begin(), text.end(), text.begin(), base::lower);
    if (types.add(text)) return;
    object.errors().add(element,
                        fmt::format("expected a media type such as \"application/json\", \"text/*\" or \"+json\", "
                                    "got {}",
                                    element.describe()));
  });
}

}  // namespace

Options readOptions(config::Object& object) {
  Options options;
  readCodings(object, options.codings);
  config::Object levels = object.child("levels");
  for (size_t i = 0; i < kCodings; ++i) {
    const CodingFacts& coding = kCodingFacts[i];
    options.levels[i] = static_cast<int>(levels.integer(coding.token, static_cast<uint64_t>(coding.defaultLevel),
                                                        static_cast<uint64_t>(coding.minLevel),
                                                        static_cast<uint64_t>(coding.maxLevel)));
  }
  levels.finish();
  readTypes(object, options.types);
  options.minLength = object.bytes("min_length", options.minLength, 0, uint64_t{1} << 30);
  options.maxStreams = object.integer32("max_streams", options.maxStreams, 1, 100'000);
  return options;
}

std::unique_ptr<api::WorkerFilter> CompressFactory::makeWorkerFilter(const api::WorkerContext& context) const {
  return std::make_unique<WorkerCompress>(options_, context.stats);
}

}  // namespace headgate::filters::compress
