#include "source/log/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "source/log/escape.h"

namespace headgate::log {
namespace {

// A pipe that poll() calls writable takes this much without blocking (pipe(7)), however it was opened.
constexpr size_t kUnblockedBytes = PIPE_BUF;

int standardDescriptor(const std::string& path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  return -1;
}

bool hasReader(int fd) {
  struct stat facts {};
  if (fstat(fd, &facts) != 0) return false;
  return S_ISFIFO(facts.st_mode) || S_ISSOCK(facts.st_mode) || isatty(fd) == 1;
}

base::Result<int> openForAppending(const std::string& path) {
  std::string shown;
  appendPrintable(shown, path, PATH_MAX);
  const std::string what = fmt::format("cannot open log file \"{}\"", shown);
  if (path.empty() || path.find('\0') != std::string::npos) {
    return base::fail(base::ErrorCode::Io, base::ErrorSource::Local, what + ": not a file name");
  }
  // O_NONBLOCK: a named pipe that nobody reads must be an error (ENXIO), not a wait.
  int fd = -1;
  do {
    fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return tl::unexpected<base::Error>(base::ioError(what, errno));
  return fd;
}

}  // namespace

LogFile::LogFile(LogFile&& other) noexcept { *this = std::move(other); }

LogFile& LogFile::operator=(LogFile&& other) noexcept {
  if (this == &other) return *this;
  close();
  path_ = std::move(other.path_);
  fd_ = std::exchange(other.fd_, -1);
  owned_ = std::exchange(other.owned_, false);
  mayStall_ = other.mayStall_;
  midLine_ = other.midLine_;
  cutLine_ = other.cutLine_;
  return *this;
}

LogFile::~LogFile() { close(); }

void LogFile::close() {
  if (owned_) ::close(fd_);
  fd_ = -1;
  owned_ = false;
}

base::Result<LogFile> LogFile::open(const std::string& path) {
  LogFile file;
  file.path_ = path;
  file.fd_ = standardDescriptor(path);
  if (file.fd_ < 0) {
    const base::Result<int> fd = openForAppending(path);
    if (!fd) return tl::unexpected<base::Error>(fd.error());
    file.fd_ = *fd;
    file.owned_ = true;
  }
  file.mayStall_ = hasReader(file.fd_);
  return file;
}

base::Status LogFile::reopen() {
  if (!owned_) return {};
  base::Result<LogFile> fresh = open(path_);
  if (!fresh) return tl::unexpected<base::Error>(std::move(fresh.error()));
  *this = std::move(*fresh);
  return {};
}

LogFile::Progress LogFile::write(const char* bytes, size_t size) {
  if (cutLine_) {
    const Progress newline = writeSome("\n", 1);
    if (newline.bytes == 0) return newline;
    cutLine_ = false;
  }
  const Progress progress = writeSome(bytes, size);
  if (progress.bytes > 0) midLine_ = bytes[progress.bytes - 1] != '\n';
  return progress;
}

LogFile::Progress LogFile::writeSome(const char* bytes, size_t size) const {
  Progress progress;
  while (progress.bytes < size) {
    size_t chunk = size - progress.bytes;
    if (mayStall_) {
      pollfd writable{fd_, POLLOUT, 0};
      if (::poll(&writable, 1, 0) == 0) {
        progress.stalled = true;
        return progress;
      }
      chunk = std::min(chunk, kUnblockedBytes);
    }
    const ssize_t written = ::write(fd_, bytes + progress.bytes, chunk);
    if (written >= 0) {
      progress.bytes += static_cast<size_t>(written);
    } else if (errno == EAGAIN && mayStall_) {
      progress.stalled = true;
      return progress;
    } else if (errno != EINTR) {
      progress.errnum = errno;
      return progress;
    }
  }
  return progress;
}

void LogFile::abandonRest() {
  if (midLine_) cutLine_ = true;
  midLine_ = false;
}

}  // namespace headgate::log
