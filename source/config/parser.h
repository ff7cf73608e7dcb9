#pragma once
// JSON text to a tree of Nodes; strict JSON (RFC 8259), or JSONC with comments and trailing commas.

#include <cstddef>
#include <optional>
#include <string_view>

#include "source/config/errors.h"
#include "source/config/node.h"

namespace headgate::config {

/// What a document may be. The defaults are for strict JSON that a stranger sends.
struct ParseOptions {
  bool comments = false;  ///< `/* */` and `//`
  bool trailingCommas = false;
  size_t maxBytes = 1 << 20;  ///< longer text is refused unread
  size_t maxValues =
      100'000;             ///< values in the tree; bounds the memory (about 150 bytes each) that short text may ask for
  unsigned maxDepth = 64;  ///< arrays and objects within one another; at most 64
};

/// What a config file may be: JSONC of at most 16 MiB.
inline constexpr ParseOptions kConfigFile{true, true, 16 << 20, 1'000'000, 64};

/// The tree of `text`, or nothing and one entry in `errors` with its line and column. Refused beside malformed syntax:
/// duplicate keys in an object, malformed UTF-8 in strings, NUL bytes, more than the options allow. A UTF-8 byte order
/// mark at the start is skipped. `text` is not needed after the call; `errors` must have been made with the same text.
/// Time and memory are linear in the text and the stack is not used for depth, whatever the input.
[[nodiscard]] std::optional<Node> parseJson(std::string_view text, const ParseOptions& options, Errors& errors);

/// parseJson with kConfigFile.
[[nodiscard]] std::optional<Node> parseJsonc(std::string_view text, Errors& errors);

}  // namespace headgate::config
