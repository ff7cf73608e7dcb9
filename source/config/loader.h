#pragma once
// A config file from disk to a tree: read, parsed as JSONC, references filled in.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "source/base/error.h"
#include "source/config/errors.h"
#include "source/config/node.h"

namespace headgate::config {

/// Where references lead: the process in production, a table in tests.
struct ReferenceSources {
  /// The value of an environment variable; nothing if it is not set.
  std::function<std::optional<std::string>(std::string_view name)> variable;
  /// The contents of a file, or an error such as "cannot be read: No such file or directory".
  std::function<base::Result<std::string>(const std::string& path)> file;

  /// The environment and the files of this process. Secret files hold at most 64 KiB.
  static ReferenceSources ofProcess();
};

/// Fills in the references in the string values (not in keys) below `root`:
///   ${VAR}             the environment variable, which must be set (it may be empty)
///   ${VAR:-default}    the default if it is not set or empty; the default ends at the first '}' and holds no
///   references
///   ${file:/path}      the contents of a file without the line end at its end; must be UTF-8
///   $${                the two characters "${"
/// What is filled in is not searched for references again. Strings that took a value from outside become secret()
/// (node.h). Each reference that cannot be filled in is an entry in `errors`, and its string is left as it is,
/// unresolved().
void substituteReferences(Node& root, const ReferenceSources& sources, Errors& errors);

/// `text` so that substituteReferences() gives `text` back: "${" becomes "$${".
[[nodiscard]] std::string escapeReferences(std::string_view text);

/// A document and what is wrong with it.
struct Document {
  Errors errors;
  std::optional<Node> root;  ///< nothing if it could not be read or parsed; there are errors then
};

/// Parses `text` as a config file named `name` and fills in its references.
[[nodiscard]] Document loadText(std::string name, std::string_view text, const ReferenceSources& sources);

/// loadText() of the file at `path`. The file may be a pipe ("/dev/stdin"); at most 16 MiB.
[[nodiscard]] Document loadFile(const std::string& path, const ReferenceSources& sources);

/// All of a file. More than `maxBytes` is an error, not a part. The error's message does not name the path: "cannot be
/// read: No such file or directory". Blocks; main thread.
[[nodiscard]] base::Result<std::string> readFile(const std::string& path, size_t maxBytes);

}  // namespace headgate::config
