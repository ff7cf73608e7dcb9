#include "filters/cors/config.h"

#include <fmt/format.h>

#include <chrono>

#include "filters/cors/filter.h"
#include "source/http/characters.h"

namespace headgate::filters::cors {
namespace {

void readOrigins(config::Object& object, Options& options) {
  object.requireElements("allow_origins", "at least one origin such as \"https://a.example\"");
  object.forEach("allow_origins", [&](const config::Node& element) {
    if (element.unresolved()) return;
    base::Status status;
    if (element.isObject()) {
      config::Object entry(element, object.errors());
      const std::string regex = entry.requiredString("regex", "a regular expression");
      entry.finish();
      if (!regex.empty()) status = options.origins.addRegex(regex);
    } else {
      status = options.origins.add(element.string());
    }
    if (!status) {
      object.errors().add(element, fmt::format("expected {}, got {}", status.error().message, element.describe()));
    }
  });
}

// The tokens of a list, joined as they stand in a header; "*" alone.
std::string readTokens(config::Object& object, std::string_view key, std::string_view what, std::string_view fallback) {
  if (!object.has(key)) return std::string(fallback);
  std::string joined;
  bool all = false;
  object.forEach(key, [&](const config::Node& element) {
    if (element.unresolved()) return;
    if (element.isString() && element.string() == "*") {
      all = true;
    } else if (element.isString() && http::isToken(element.string())) {
      joined += (joined.empty() ? "" : ", ") + element.string();
    } else {
      object.errors().add(element, fmt::format("expected {}, got {}", what, element.describe()));
    }
  });
  return all ? "*" : joined;
}

}  // namespace

std::shared_ptr<const Options> readOptions(config::Object& object) {
  auto options = std::make_shared<Options>();
  readOrigins(object, *options);
  options->methods = readTokens(object, "allow_methods", "the name of a method, or \"*\"", "GET, HEAD, POST");
  options->headers = readTokens(object, "allow_headers", "the name of a header, or \"*\"", "");
  options->exposed = readTokens(object, "expose_headers", "the name of a header, or \"*\"", "");
  options->credentials = object.boolean("allow_credentials", false);
  if (object.has("max_age")) {
    const base::Duration age = object.duration("max_age", base::Duration{0}, base::Duration{0}, std::chrono::hours(24));
    options->maxAge = std::to_string(std::chrono::duration_cast<std::chrono::seconds>(age).count());
  }
  if (options->credentials && options->origins.any()) {
    object.error("allow_credentials",
                 "expected a list of origins: with \"*\" every site could act and read as the user who is logged in");
  }
  if (options->credentials && options->exposed == "*") {
    object.error("expose_headers", "expected the names of headers: with credentials a browser does not take \"*\"");
  }
  return options;
}

std::unique_ptr<api::WorkerFilter> CorsFactory::makeWorkerFilter(const api::WorkerContext& /*context*/) const {
  return std::make_unique<WorkerCors>(options_);
}

}  // namespace headgate::filters::cors
