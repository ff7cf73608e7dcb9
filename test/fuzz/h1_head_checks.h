#pragma once
// The promises of head_parser.h that hold for any bytes, for requests and responses.

#include "source/http/characters.h"
#include "test/fuzz/fuzz_check.h"
#include "test/support/h1_messages.h"

namespace headgate::fuzz {

inline bool isClean(std::string_view text) {
  return http::skipFieldValue(text.data(), text.data() + text.size()) == text.data() + text.size();
}

inline void checkFields(const test::FieldTexts& fields) {
  for (const auto& [name, value] : fields) {
    require(http::isToken(name), "names are tokens", name);
    for (const char c : name) require(c == base::lower(c), "names are lower-case", name);
    require(isClean(value), "values hold no control characters", value);
    require(value == base::trim(value), "values have no white space around them", value);
  }
}

inline void checkHead(std::string_view bytes, const test::HeadKind& kind, const http::h1::HeadLimits& limits) {
  const test::ParsedHead whole = test::parseWhole(bytes, kind, limits);
  for (const size_t step : {stepOf(bytes), bytes.size() <= 512 ? size_t{1} : stepOf(bytes.substr(1))}) {
    require(test::parseInSteps(bytes, step, kind, limits) == whole, "the outcome does not depend on the pieces");
  }
  if (whole.error)
    return require(!whole.message.empty() && isClean(whole.message), "errors are printable", whole.message);
  if (whole.needsMore) return require(bytes.size() < limits.maxBytes, "a full head is never awaited");

  require(whole.consumed <= bytes.size() && whole.consumed <= limits.maxBytes, "consumes what there is");
  require(whole.wireBytes == whole.consumed, "counts the bytes of the head");
  require(whole.fields.size() <= limits.maxFields, "the number of fields is bounded");
  checkFields(whole.fields);
  for (const auto& [name, value] : whole.fields) {
    const uint8_t rules = http::facts(http::headerName(name));
    require((rules & (http::kHopByHop | http::kFraming)) == 0, "fields of the connection are taken out", name);
  }
  for (const std::string* text : {&whole.methodText, &whole.authority, &whole.path, &whole.protocol}) {
    for (const char c : *text) require(http::is(c, http::kTargetChar), "request parts are visible ASCII", *text);
  }
}

}  // namespace headgate::fuzz
