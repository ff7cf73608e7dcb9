#pragma once
// One log file for many workers: each fills a buffer of its own, the writer thread puts them into the file.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/event/timer.h"
#include "source/log/log_buffer.h"
#include "source/log/log_file.h"
#include "source/stats/shard.h"

namespace headgate::event {
class Loop;
}

namespace headgate::log {

class LogWriter;

/// A log file of the LogWriter, which makes it (`LogWriter::open`) and must outlive it. Shared by all that write to the
/// same path; closed with the last of them, when its lines are in the file. Lines of one Appender keep their order.
class FileLog {
 public:
  class Appender;

  FileLog(LogWriter& writer, LogFile file) : writer_(writer), path_(file.path()), file_(std::move(file)) {}
  FileLog(const FileLog&) = delete;
  FileLog& operator=(const FileLog&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Lines that never reached the file: the writer could not keep up, or a write failed. Any thread.
  [[nodiscard]] uint64_t droppedLines() const { return droppedLines_.load(std::memory_order_relaxed); }

 private:
  friend class LogWriter;

  LogWriter& writer_;
  const std::string path_;
  std::atomic<uint64_t> droppedLines_{0};  ///< relaxed: a count, publishes nothing; many threads, but seldom

  // The writer thread's.
  LogFile file_;
  std::vector<std::unique_ptr<LogBuffer>> backlog_;  ///< taken from the queue, not yet written
  uint64_t reportedDrops_ = 0;
  int64_t reportedAt_ = 0;  ///< base::MonotonicTime of the last report of losses; 0 = none yet
  int lastErrnum_ = 0;      ///< of the losses since the last report; 0: the writer could not keep up
};

/// A thread's buffer for one FileLog. Handed to the writer when it holds kHandOverBytes, or kMaxDelay after its first
/// line; a warm one allocates nothing, and nothing here ever waits for a disk. Thread: the loop's.
class FileLog::Appender {
 public:
  static constexpr base::Duration kMaxDelay = std::chrono::milliseconds(100);

  /// Counts "log.lines" and "log.lines_dropped" in `stats`. `loop` must outlive the appender.
  Appender(std::shared_ptr<FileLog> file, event::Loop& loop, stats::Shard& stats);
  /// Hands over what is left.
  ~Appender() { flush(); }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// Room for a line of up to kMaxLineBytes. Never null; valid until the next call. `commit` makes the first `bytes` of
  /// it (1..kMaxLineBytes, with the newline) a line of the log.
  [[nodiscard]] char* reserve() { return buffer_->bytes.data() + buffer_->size; }
  void commit(size_t bytes);

  /// Adds `line`, which has no newline of its own; cut after kMaxLineBytes.
  void append(std::string_view line);

  /// Hands over what there is.
  void flush();

 private:
  void onDelayOver() { flush(); }

  std::shared_ptr<FileLog> file_;
  std::unique_ptr<LogBuffer> buffer_;  ///< never null
  event::Timer timer_;                 ///< armed while buffer_ is not empty
  stats::Counter lines_;
  stats::Counter linesDropped_;
};

}  // namespace headgate::log
