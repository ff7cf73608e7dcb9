#pragma once
// What a handler answers: a body with its type, or a problem as structured JSON.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/base/clock.h"
#include "source/base/error.h"
#include "source/config/errors.h"
#include "source/config/json_writer.h"

namespace headgate::admin {

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kNdjson = "application/x-ndjson";
inline constexpr std::string_view kText = "text/plain; charset=utf-8";

/// A response as a value.
struct Answer {
  uint16_t status = 200;
  std::string_view contentType = kJson;  ///< static text; empty: there is no body
  std::string body;
  std::vector<std::pair<std::string_view, std::string>> fields;  ///< further fields; names are static, lower-case
};

/// One thing that is wrong with a request: `pointer` (RFC 6901) leads to it in the body; `line` (from 1) for lines of
/// NDJSON, 0 otherwise.
struct Fault {
  std::string pointer;
  std::string message;
  size_t line = 0;
};

[[nodiscard]] Answer jsonAnswer(uint16_t status, const config::JsonWriter& document);
[[nodiscard]] Answer textAnswer(std::string body);

/// {"code":404,"message":"...","reason":"not_found"[,"errors":[{"pointer":"/capacity","message":"..."}]]}. `reason` is
/// a word that never changes its spelling; `message` speaks to a person.
[[nodiscard]] Answer problem(uint16_t status, std::string_view reason, std::string_view message,
                             const std::vector<Fault>& faults = {});
/// With the status and the word of `error`.
[[nodiscard]] Answer problem(const base::Error& error);
/// The mistakes of a JSON document, as a 400.
[[nodiscard]] Answer problem(const config::Errors& errors);
/// The same with a Retry-After of whole seconds, rounded up, at least 1.
[[nodiscard]] Answer retryLater(Answer answer, base::Duration after);

/// The mistakes as they stand in answers.
[[nodiscard]] std::vector<Fault> faultsOf(const config::Errors& errors, size_t line = 0);

}  // namespace headgate::admin
