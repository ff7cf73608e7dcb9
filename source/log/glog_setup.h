#pragma once
// Points glog at the place that the config names, with a prefix for people.

#include <string>

#include "source/base/error.h"
#include "source/log/severity.h"

namespace headgate::log {

/// Initialises glog: messages of `level` and above go to the file at `path` and nowhere else (fatal ones to stderr as
/// well); empty = stderr. A line looks like `2026-03-01T12:00:00.123Z warning text`. Debug turns VLOG(1) on. The file
/// is appended to and written without buffering; a reader of stderr who is too slow loses lines rather than stalling
/// us. Main thread, before the others; a second call changes level and path. The error names the path.
[[nodiscard]] base::Status setUpGlog(Severity level, const std::string& path);

/// Opens the file anew after a rotation; on an error the old one stays in use. Nothing to do for stderr. Any thread.
[[nodiscard]] base::Status reopenGlogFile();

}  // namespace headgate::log
