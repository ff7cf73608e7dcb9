#pragma once
// The thread that writes: access logs from the workers' buffers, and events through glog.

#include <poll.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "source/base/clock.h"
#include "source/base/error.h"
#include "source/log/log_buffer.h"
#include "source/log/severity.h"
#include "source/stats/shard.h"

namespace headgate::log {

class FileLog;

/// Owns the log files and the one thread that writes them, so that no worker ever waits for a disk, a pipe or glog's
/// mutex. What is queued is bounded: beyond `maxQueuedBytes` whole buffers are dropped and their lines counted. Buffers
/// come back to the workers, so a warm log allocates nothing.
///
/// A pipe or terminal whose reader is slow holds up neither the other files nor the events. A failing write (ENOSPC,
/// EPIPE, EIO) loses the lines it was about, which are counted and reported as an event, at most once a second a file.
///
/// Made, started and stopped on main. Outlives every FileLog, Appender and EventLog.
class LogWriter {
 public:
  /// Where events end: called on the writer's thread alone.
  using Sink = std::function<void(Severity severity, std::string_view line)>;
  /// Through glog; Debug is VLOG(1).
  static void logToGlog(Severity severity, std::string_view line);

  struct Options {
    /// Memory for what the files have not taken yet.
    size_t maxQueuedBytes = size_t{64} << 20;
    /// How long `stop` waits for the reader of a stalled pipe.
    base::Duration drainTime = std::chrono::seconds(5);
    Sink sink = logToGlog;
    /// For the pace of reports. Outlives the writer; null = the real one.
    const base::Clock* clock = nullptr;
  };
  static constexpr base::Duration kReportInterval = std::chrono::seconds(1);
  static constexpr size_t kMaxQueuedEvents = 4096;

  /// `stats` is a shard of the writer thread's own; it counts "log.lines_dropped" and "log.write_errors".
  LogWriter(Options options, stats::Shard& stats);
  explicit LogWriter(stats::Shard& stats) : LogWriter(Options{}, stats) {}
  /// Stops.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// The log at `path`: the one that is open already, or a new one; "/dev/stdout" and "/dev/stderr" are descriptors 1
  /// and 2. The error names the path. Any thread, before or after `start`; it may wait for the disk.
  [[nodiscard]] base::Result<std::shared_ptr<FileLog>> open(const std::string& path);

  /// Starts the thread, with all signals blocked: they are main's.
  void start();
  /// Writes out what was handed over before, reports what is lost, and ends the thread. What comes later is dropped and
  /// counted. Once; a second call does nothing.
  void stop();

  /// Opens all files anew by their paths, after what was handed over before the call is written; the glog file too.
  /// Any thread; returns at once. For SIGUSR1.
  void reopen();

  /// One line of the event log. Any thread; never waits. Beyond kMaxQueuedEvents lines are dropped and counted.
  void postEvent(Severity severity, std::string line);

  /// Waits until all that was handed over is written and all events are logged; false after `timeout`. For tests and
  /// the end of main; never on a worker.
  bool flush(base::Duration timeout);

 private:
  friend class FileLog;

  struct Event {
    Severity severity;
    std::string line;
  };
  struct Taken {
    uint64_t lostEvents = 0;
    bool reopen = false;
    bool stopping = false;
  };

  /// For Appenders, on any thread. Takes the lines in `buffer` and leaves an empty one in its place. False: dropped.
  bool handOver(std::unique_ptr<LogBuffer>& buffer, const std::shared_ptr<FileLog>& file);
  bool mergeIntoQueue(const LogBuffer& buffer, const FileLog& file);
  std::shared_ptr<FileLog> findFile(const std::string& path);
  void wake();

  // The writer thread.
  void run();
  Taken takeWork();
  void logEvents(uint64_t lost);
  void adopt(std::unique_ptr<LogBuffer> buffer);
  void writeBacklogs();
  bool writeBacklog(FileLog& file);
  void loseRest(FileLog& file, LogBuffer& buffer, int errnum);
  void recycle(std::unique_ptr<LogBuffer> buffer);
  void reopenAll();
  void collectFiles();
  bool reportLosses(bool atOnce);
  void sleepUntilWork(int timeoutMs);
  void abandonBacklogs();

  const Options options_;
  const base::Clock& clock_;
  const size_t maxBuffers_;
  const int wakeFd_;  ///< an eventfd: the thread sleeps in poll(), with the pipes that it waits for

  std::mutex mutex_;
  // Under mutex_.
  std::vector<std::unique_ptr<LogBuffer>> queue_;
  std::vector<std::unique_ptr<LogBuffer>> free_;
  std::vector<Event> events_;
  std::vector<std::weak_ptr<FileLog>> files_;
  std::condition_variable idle_;  ///< for `flush`
  uint64_t lostEvents_ = 0;
  size_t buffersOut_ = 0;  ///< handed over and not yet recycled
  bool sleeping_ = false;
  bool working_ = false;
  bool reopenWanted_ = false;
  bool stopping_ = false;

  // The writer thread's.
  stats::Counter linesDropped_;
  stats::Counter writeErrors_;
  std::vector<std::unique_ptr<LogBuffer>> batch_;
  std::vector<Event> eventBatch_;
  std::vector<std::shared_ptr<FileLog>> active_;  ///< with a backlog
  std::vector<std::shared_ptr<FileLog>> scratch_;
  std::vector<pollfd> polled_;

  std::thread thread_;
};

}  // namespace headgate::log
