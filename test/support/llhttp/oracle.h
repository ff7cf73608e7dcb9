#pragma once
// What llhttp (strict mode) reads out of the bytes of one HTTP/1 message: a second opinion for tests, never linked
// elsewhere.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "test/support/h1_messages.h"

namespace headgate::test {

struct OracleMessage {
  std::string error;     ///< empty: nothing was refused
  char beforeError = 0;  ///< the byte before the one that was refused
  bool headComplete = false;
  bool complete = false;  ///< head and body
  size_t consumed = 0;    ///< when complete

  std::string method;
  std::string target;
  unsigned major = 0;
  unsigned minor = 0;
  unsigned status = 0;
  FieldTexts fields;  ///< lower-case names, values without white space around them
  bool chunked = false;
  std::optional<uint64_t> contentLength;
  std::string body;
  FieldTexts trailers;
};

/// Reads the first message in `bytes`.
[[nodiscard]] OracleMessage readWithLlhttp(std::string_view bytes, const HeadKind& kind);

/// Whether llhttp speaks the method at all: it has a list, where RFC 9110 section 9.1 allows any token.
[[nodiscard]] bool llhttpKnowsMethod(std::string_view method);

/// How our reading of the first message in `bytes` differs from llhttp's where it must not: we accept what llhttp
/// refuses, or both accept and read different things. Empty when they agree, or when we are the stricter.
[[nodiscard]] std::string differenceFromLlhttp(std::string_view bytes, const HeadKind& kind);

}  // namespace headgate::test
