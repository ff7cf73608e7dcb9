#include "admin/answer.h"

#include <fmt/format.h>

#include <algorithm>

namespace headgate::admin {

using config::JsonWriter;

Answer jsonAnswer(uint16_t status, const JsonWriter& document) { return {status, kJson, document.text(), {}}; }

Answer textAnswer(std::string body) { return {200, kText, std::move(body), {}}; }

Answer problem(uint16_t status, std::string_view reason, std::string_view message, const std::vector<Fault>& faults) {
  JsonWriter json(JsonWriter::Layout::Compact);
  json.beginObject();
  json.key("code");
  json.integer(status);
  json.key("message");
  json.string(message);
  json.key("reason");
  json.string(reason);
  if (!faults.empty()) {
    json.key("errors");
    json.beginArray();
    for (const Fault& fault : faults) {
      json.beginObject();
      if (fault.line != 0) {
        json.key("line");
        json.integer(fault.line);
      }
      json.key("pointer");
      json.string(fault.pointer);
      json.key("message");
      json.string(fault.message);
      json.endObject();
    }
    json.endArray();
  }
  json.endObject();
  return jsonAnswer(status, json);
}

Answer problem(const base::Error& error) {
  const uint16_t status = base::httpStatus(error.code);
  return problem(status == 0 ? 500 : status, base::reasonToken(error.code), error.message);
}

Answer problem(const config::Errors& errors) {
  const std::vector<Fault> faults = faultsOf(errors);
  // The first in words, for whoever shows the message alone.
  std::string message =
      faults.front().pointer.empty() ? faults.front().message : faults.front().pointer + ": " + faults.front().message;
  if (errors.count() > 1) message += fmt::format(" (and {} more)", errors.count() - 1);
  return problem(400, "invalid_body", message, faults);
}

Answer retryLater(Answer answer, base::Duration after) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(after).count();
  answer.fields.emplace_back("retry-after", std::to_string(std::max<int64_t>(seconds, 1)));
  return answer;
}

std::vector<Fault> faultsOf(const config::Errors& errors, size_t line) {
  std::vector<Fault> faults;
  for (const config::Error& error : errors.sorted()) {
    // A mistake of syntax has a place and no value.
    const bool placed = error.pointer.empty() && error.line > 0 && error.column > 1 && line == 0;
    faults.push_back(
        {error.pointer,
         placed ? fmt::format("line {}, column {}: {}", error.line, error.column, error.message) : error.message,
         line});
  }
  return faults;
}

}  // namespace headgate::admin
