#include "admin/handlers/client_support.h"

#include <fmt/format.h>

#include "source/base/strings.h"
#include "source/config/parser.h"

namespace headgate::admin {

std::optional<config::Node> parseBody(const std::string& body, config::Errors& errors, const Responder& respond) {
  auto root = config::parseJson(body, {}, errors);
  if (!root) respond.send(problem(errors));
  return root;
}

std::optional<std::string> idOfPath(const Request& request, const Responder& respond) {
  const std::string& id = request.captures.front();
  if (const auto wrong = limits::problemOfId(id)) {
    respond.send(problem(400, "invalid_id", "the id in the path: " + *wrong));
    return std::nullopt;
  }
  return id;
}

std::optional<size_t> numberOfQuery(const Request& request, std::string_view name, size_t fallback, size_t min,
                                    size_t max, const Responder& respond) {
  const std::string* text = request.query.find(name);
  if (text == nullptr) return fallback;
  const auto value = base::parseDecimal(*text);
  if (value && *value >= min && *value <= max) return static_cast<size_t>(*value);
  respond.send(problem(
      400, "invalid_query",
      fmt::format("{}: expected a whole number from {} to {}, got {}", name, min, max, config::quotedText(*text))));
  return std::nullopt;
}

std::optional<bool> flagOfQuery(const Request& request, std::string_view name, const Responder& respond) {
  const std::string* text = request.query.find(name);
  if (text == nullptr || *text == "0" || *text == "false") return false;
  if (text->empty() || *text == "1" || *text == "true") return true;
  respond.send(
      problem(400, "invalid_query", fmt::format("{}: expected 1 or 0, got {}", name, config::quotedText(*text))));
  return std::nullopt;
}

Answer storeUnavailable(std::string_view message, base::Duration retryAfter) {
  return retryLater(problem(503, "store_unavailable", message), retryAfter);
}

Answer clientAnswer(uint16_t status, const Dialect& dialect, const std::string& id,
                    const limits::ClientRegistry& registry, const limits::BucketTable& buckets) {
  const limits::Client* record = registry.find(id);
  const auto bucket = buckets.look(id);
  if (record == nullptr && !bucket)
    return problem(404, "client_not_found",
                   fmt::format("there is no client {}, and no bucket of that id", config::quotedText(id)));
  Answer answer{status, kJson, clientDocument(dialect, id, record, bucket), {}};
  if (record != nullptr) answer.fields.emplace_back("etag", entityTag(record->revision));
  return answer;
}

}  // namespace headgate::admin
