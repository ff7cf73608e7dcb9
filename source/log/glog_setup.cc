// Debian's glog is built with custom prefixes, but only its CMake package says so, not its pkg-config file.
#define GLOG_CUSTOM_PREFIX_SUPPORT

#include "source/log/glog_setup.h"

#include <fmt/format.h>
#include <glog/logging.h>

#include <iterator>
#include <mutex>
#include <ostream>
#include <string_view>
#include <utility>

#include "source/log/log_file.h"

namespace headgate::log {
namespace {

/// Where all of glog's lines go. glog is one a process, and so is this.
struct Target {
  std::mutex mutex;
  LogFile file;
};

Target& target() {
  static auto* const instance = new Target;  // never destroyed: glog may log during the process's end
  return *instance;
}

/// glog hands a line to the logger of its severity and of all below: the lowest one sees every line, once.
class LineLogger final : public google::base::Logger {
 public:
  void Write(bool /*flush*/, time_t /*time*/, const char* message, size_t size) override {
    Target& to = target();
    const std::scoped_lock lock(to.mutex);
    const LogFile::Progress progress = to.file.write(message, size);
    if (progress.bytes < size) to.file.abandonRest();  // there is nobody to tell
  }
  void Flush() override {}
  google::uint32 LogSize() override { return 0; }
};

class NoLogger final : public google::base::Logger {
 public:
  void Write(bool /*flush*/, time_t /*time*/, const char* /*message*/, size_t /*size*/) override {}
  void Flush() override {}
  google::uint32 LogSize() override { return 0; }
};

std::string_view word(const char* severity) {
  switch (severity[0]) {
    case 'I': return "info";
    case 'W': return "warning";
    case 'E': return "error";
    default: return "fatal";
  }
}

void writePrefix(std::ostream& out, const google::LogMessageInfo& info, void* /*data*/) {
  fmt::memory_buffer prefix;
  const google::LogMessageTime& time = info.time;
  fmt::format_to(std::back_inserter(prefix), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z {}", time.year() + 1900,
                 time.month() + 1, time.day(), time.hour(), time.min(), time.sec(), time.usec() / 1000,
                 word(info.severity));
  // A place in the source helps nobody but us, when we have died of it.
  if (info.severity[0] == 'F') {
    fmt::format_to(std::back_inserter(prefix), " {}:{}", info.filename, info.line_number);
  }
  out.write(prefix.data(), static_cast<std::streamsize>(prefix.size()));
}

void setLevel(Severity level) {
  FLAGS_v = level == Severity::Debug ? 1 : 0;
  switch (level) {
    case Severity::Debug:
    case Severity::Info: FLAGS_minloglevel = google::GLOG_INFO; return;
    case Severity::Warning: FLAGS_minloglevel = google::GLOG_WARNING; return;
    case Severity::Error: FLAGS_minloglevel = google::GLOG_ERROR; return;
  }
}

void initialiseOnce() {
  if (google::IsGoogleLoggingInitialized()) return;
  FLAGS_log_utc_time = true;
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::GLOG_FATAL;
  google::InitGoogleLogging("headgate", &writePrefix, nullptr);
  // glog owns the loggers.
  google::base::SetLogger(google::GLOG_INFO, new LineLogger);
  for (int severity = google::GLOG_WARNING; severity <= google::GLOG_FATAL; ++severity) {
    google::base::SetLogger(severity, new NoLogger);
  }
}

}  // namespace

base::Status setUpGlog(Severity level, const std::string& path) {
  base::Result<LogFile> file = LogFile::open(path.empty() ? "/dev/stderr" : path);
  if (!file) return tl::unexpected<base::Error>(std::move(file.error()));
  {
    Target& to = target();
    const std::scoped_lock lock(to.mutex);
    to.file = std::move(*file);
  }
  initialiseOnce();
  setLevel(level);
  return {};
}

base::Status reopenGlogFile() {
  Target& to = target();
  const std::scoped_lock lock(to.mutex);
  return to.file.reopen();
}

}  // namespace headgate::log
