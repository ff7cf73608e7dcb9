#pragma once
// The descriptor behind a log: opened and reopened by path, written without ever waiting for a reader.

#include <cstddef>
#include <string>

#include "source/base/error.h"

namespace headgate::log {

/// An append-only file, pipe or terminal. "/dev/stdout" and "/dev/stderr" are descriptors 1 and 2 of the process, which
/// are neither closed nor reopened; any other path is created with mode 0640 (lines hold addresses and query strings of
/// clients) if it does not exist. Not thread-safe: main opens it, then it is the writer thread's.
class LogFile {
 public:
  LogFile() = default;
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&& other) noexcept;
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;
  ~LogFile();

  /// The error names the path.
  [[nodiscard]] static base::Result<LogFile> open(const std::string& path);
  /// Opens the path anew, after a rotation has moved the old file away; on an error the old one stays in use.
  [[nodiscard]] base::Status reopen();

  struct Progress {
    size_t bytes = 0;      ///< how many of the given ones are written
    bool stalled = false;  ///< the reader of a pipe or terminal takes no more for now; go on when fd() is writable
    int errnum = 0;        ///< what failed; the bytes after `bytes` are not written
  };
  /// Writes as much as goes without waiting for a reader. Disks are waited for.
  [[nodiscard]] Progress write(const char* bytes, size_t size);
  /// The rest of the last write will never come: if that broke off within a line, the next write begins with a newline.
  void abandonRest();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  [[nodiscard]] Progress writeSome(const char* bytes, size_t size) const;
  void close();

  std::string path_;
  int fd_ = -1;
  bool owned_ = false;     ///< not one of the process's own descriptors
  bool mayStall_ = false;  ///< has a reader that may be slow
  bool midLine_ = false;   ///< the last byte written was no newline
  bool cutLine_ = false;   ///< ... and the rest of that line is lost
};

}  // namespace headgate::log
