#include "source/log/log_writer.h"

#include <fmt/format.h>
#include <glog/logging.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "source/log/file_log.h"
#include "source/log/glog_setup.h"

namespace headgate::log {
namespace {

// Buffers this small are copied behind the last queued one of their file: while a disk hangs, hundreds of workers that
// hand over a few lines ten times a second must not fill the queue with nearly empty buffers.
constexpr size_t kMergeBytes = 8 * 1024;
// How many queued buffers to look at for one of the same file.
constexpr size_t kMergeReach = 16;
// Free buffers kept for reuse: 6 MiB.
constexpr size_t kMaxFree = 64;

const base::Clock& clockOr(const base::Clock* clock) {
  static const base::RealClock real;
  return clock == nullptr ? real : *clock;
}

void clear(LogBuffer& buffer) {
  buffer.file.reset();
  buffer.size = buffer.lines = buffer.written = 0;
}

bool merge(LogBuffer& into, const LogBuffer& from) {
  if (from.size > kMergeBytes || into.size + from.size > LogBuffer::kCapacity) return false;
  std::memcpy(into.bytes.data() + into.size, from.bytes.data(), from.size);
  into.size += from.size;
  into.lines += from.lines;
  return true;
}

}  // namespace

void LogWriter::logToGlog(Severity severity, std::string_view line) {
  switch (severity) {
    case Severity::Debug: VLOG(1) << line; return;
    case Severity::Info: LOG(INFO) << line; return;
    case Severity::Warning: LOG(WARNING) << line; return;
    case Severity::Error: LOG(ERROR) << line; return;
  }
}

LogWriter::LogWriter(Options options, stats::Shard& stats)
    : options_(std::move(options)),
      clock_(clockOr(options_.clock)),
      maxBuffers_(std::max<size_t>(1, options_.maxQueuedBytes / sizeof(LogBuffer))),
      wakeFd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      linesDropped_(stats.counter("log.lines_dropped")),
      writeErrors_(stats.counter("log.write_errors")) {
  if (wakeFd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

LogWriter::~LogWriter() {
  stop();
  ::close(wakeFd_);
}

std::shared_ptr<FileLog> LogWriter::findFile(const std::string& path) {
  for (const std::weak_ptr<FileLog>& known : files_) {
    std::shared_ptr<FileLog> file = known.lock();
    if (file != nullptr && file->path() == path) return file;
  }
  return nullptr;
}

base::Result<std::shared_ptr<FileLog>> LogWriter::open(const std::string& path) {
  {
    const std::scoped_lock lock(mutex_);
    if (std::shared_ptr<FileLog> file = findFile(path)) return file;
  }
  // Without the mutex, for which workers would have to wait while the disk is slow.
  base::Result<LogFile> opened = LogFile::open(path);
  if (!opened) return tl::unexpected<base::Error>(std::move(opened.error()));
  const std::scoped_lock lock(mutex_);
  if (std::shared_ptr<FileLog> file = findFile(path)) return file;
  std::erase_if(files_, [](const std::weak_ptr<FileLog>& known) { return known.expired(); });
  auto file = std::make_shared<FileLog>(*this, std::move(*opened));
  files_.push_back(file);
  return file;
}

void LogWriter::start() {
  assert(!thread_.joinable());
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "log-writer");
    run();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LogWriter::stop() {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  wake();
  // Never started: there may be lines all the same.
  if (!thread_.joinable()) return run();
  thread_.join();
}

void LogWriter::reopen() {
  {
    const std::scoped_lock lock(mutex_);
    reopenWanted_ = true;
  }
  wake();
}

void LogWriter::postEvent(Severity severity, std::string line) {
  bool asleep = false;
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_ || events_.size() >= kMaxQueuedEvents) {
      ++lostEvents_;
      return;
    }
    events_.push_back({severity, std::move(line)});
    asleep = std::exchange(sleeping_, false);
  }
  if (asleep) wake();
}

bool LogWriter::handOver(std::unique_ptr<LogBuffer>& buffer, const std::shared_ptr<FileLog>& file) {
  std::unique_ptr<LogBuffer> empty;
  bool asleep = false;
  {
    const std::scoped_lock lock(mutex_);
    const bool merged = !stopping_ && mergeIntoQueue(*buffer, *file);
    if (merged || stopping_ || buffersOut_ >= maxBuffers_) {
      if (!merged) file->droppedLines_.fetch_add(buffer->lines, std::memory_order_relaxed);
      clear(*buffer);
      return merged;
    }
    buffer->file = file;
    queue_.push_back(std::move(buffer));
    ++buffersOut_;
    asleep = std::exchange(sleeping_, false);
    if (!free_.empty()) {
      empty = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (asleep) wake();
  if (empty == nullptr) empty = std::make_unique_for_overwrite<LogBuffer>();
  buffer = std::move(empty);
  return true;
}

// The latest buffer of the file is the one: lines of one appender stay in order.
bool LogWriter::mergeIntoQueue(const LogBuffer& buffer, const FileLog& file) {
  const size_t reach = std::min(queue_.size(), kMergeReach);
  for (size_t back = 1; back <= reach; ++back) {
    LogBuffer& queued = *queue_[queue_.size() - back];
    if (queued.file.get() == &file) return merge(queued, buffer);
  }
  return false;
}

void LogWriter::wake() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeFd_, &one, sizeof(one));
}

bool LogWriter::flush(base::Duration timeout) {
  std::unique_lock lock(mutex_);
  return idle_.wait_for(lock, timeout, [this] {
    return !working_ && queue_.empty() && events_.empty() && !reopenWanted_ && buffersOut_ == 0 && lostEvents_ == 0;
  });
}

void LogWriter::run() {
  base::MonotonicTime stopAt = 0;  // of the real clock: for people who wait
  const base::RealClock real;
  for (;;) {
    const Taken taken = takeWork();
    logEvents(taken.lostEvents);
    for (std::unique_ptr<LogBuffer>& buffer : batch_) adopt(std::move(buffer));
    batch_.clear();
    writeBacklogs();
    if (taken.reopen) reopenAll();
    // A stalled pipe makes the queue run over without anything that would wake this thread to report it.
    int timeoutMs = reportLosses(false) ? 100 : active_.empty() ? -1 : 1000;
    if (taken.stopping) {
      // Nothing is handed over any more; only stalled pipes are left.
      if (stopAt == 0) stopAt = real.monotonic() + options_.drainTime.count();
      const base::MonotonicTime left = stopAt - real.monotonic();
      if (active_.empty() || left <= 0) break;
      timeoutMs = static_cast<int>(std::min<base::MonotonicTime>(left / 1'000'000 + 1, 100));
    }
    sleepUntilWork(timeoutMs);
  }
  abandonBacklogs();
  reportLosses(true);
  const std::scoped_lock lock(mutex_);
  working_ = false;
  lostEvents_ = 0;
  idle_.notify_all();
}

LogWriter::Taken LogWriter::takeWork() {
  const std::scoped_lock lock(mutex_);
  working_ = true;
  sleeping_ = false;
  batch_.swap(queue_);
  eventBatch_.swap(events_);
  return {std::exchange(lostEvents_, 0), std::exchange(reopenWanted_, false), stopping_};
}

void LogWriter::logEvents(uint64_t lost) {
  for (const Event& event : eventBatch_) options_.sink(event.severity, event.line);
  eventBatch_.clear();
  if (lost == 0) return;
  options_.sink(Severity::Warning, fmt::format("{} events were lost: more came than the log takes", lost));
}

void LogWriter::adopt(std::unique_ptr<LogBuffer> buffer) {
  const std::shared_ptr<FileLog> file = std::move(buffer->file);
  std::vector<std::unique_ptr<LogBuffer>>& backlog = file->backlog_;
  if (!backlog.empty() && merge(*backlog.back(), *buffer)) return recycle(std::move(buffer));
  if (backlog.empty()) active_.push_back(file);
  backlog.push_back(std::move(buffer));
}

void LogWriter::writeBacklogs() {
  std::erase_if(active_, [this](const std::shared_ptr<FileLog>& file) { return writeBacklog(*file); });
}

// Whether all is written.
bool LogWriter::writeBacklog(FileLog& file) {
  size_t done = 0;
  for (std::unique_ptr<LogBuffer>& buffer : file.backlog_) {
    const LogFile::Progress progress =
        file.file_.write(buffer->bytes.data() + buffer->written, buffer->size - buffer->written);
    buffer->written += static_cast<uint32_t>(progress.bytes);
    if (progress.stalled) break;
    if (progress.errnum != 0) loseRest(file, *buffer, progress.errnum);
    recycle(std::move(buffer));
    ++done;
  }
  file.backlog_.erase(file.backlog_.begin(), file.backlog_.begin() + static_cast<ptrdiff_t>(done));
  return file.backlog_.empty();
}

// errnum 0: there was no error, the time was up.
void LogWriter::loseRest(FileLog& file, LogBuffer& buffer, int errnum) {
  const char* const bytes = buffer.bytes.data();
  const auto lost = static_cast<uint64_t>(std::count(bytes + buffer.written, bytes + buffer.size, '\n'));
  file.droppedLines_.fetch_add(lost, std::memory_order_relaxed);
  file.lastErrnum_ = errnum;
  file.file_.abandonRest();
  linesDropped_.add(lost);
  if (errnum != 0) writeErrors_.inc();
}

void LogWriter::recycle(std::unique_ptr<LogBuffer> buffer) {
  clear(*buffer);
  const std::scoped_lock lock(mutex_);
  --buffersOut_;
  if (free_.size() < kMaxFree) free_.push_back(std::move(buffer));
}

void LogWriter::collectFiles() {
  const std::scoped_lock lock(mutex_);
  for (const std::weak_ptr<FileLog>& known : files_) {
    if (std::shared_ptr<FileLog> file = known.lock()) scratch_.push_back(std::move(file));
  }
}

void LogWriter::reopenAll() {
  collectFiles();
  for (const std::shared_ptr<FileLog>& file : scratch_) {
    const base::Status status = file->file_.reopen();
    if (!status) options_.sink(Severity::Error, status.error().message + "; going on with the old one");
  }
  scratch_.clear();
  const base::Status status = reopenGlogFile();
  if (!status) options_.sink(Severity::Error, status.error().message + "; going on with the old one");
}

// True if there are losses that it is too early to report.
bool LogWriter::reportLosses(bool atOnce) {
  bool later = false;
  const base::MonotonicTime now = clock_.monotonic();
  collectFiles();
  for (const std::shared_ptr<FileLog>& file : scratch_) {
    const uint64_t dropped = file->droppedLines();
    if (dropped == file->reportedDrops_) continue;
    if (!atOnce && file->reportedAt_ != 0 && now - file->reportedAt_ < kReportInterval.count()) {
      later = true;
      continue;
    }
    const std::string cause = file->lastErrnum_ == 0 ? "it takes lines more slowly than they come"
                                                     : std::generic_category().message(file->lastErrnum_);
    options_.sink(Severity::Error, fmt::format("log file \"{}\": {} lines were lost: {}", file->path(),
                                               dropped - file->reportedDrops_, cause));
    file->reportedDrops_ = dropped;
    file->reportedAt_ = now;
    file->lastErrnum_ = 0;
  }
  scratch_.clear();
  return later;
}

void LogWriter::sleepUntilWork(int timeoutMs) {
  {
    const std::scoped_lock lock(mutex_);
    if (!queue_.empty() || !events_.empty() || reopenWanted_) return;
    sleeping_ = true;
    working_ = false;
    idle_.notify_all();
  }
  polled_.clear();
  polled_.push_back({wakeFd_, POLLIN, 0});
  for (const std::shared_ptr<FileLog>& file : active_) polled_.push_back({file->file_.fd(), POLLOUT, 0});
  ::poll(polled_.data(), polled_.size(), timeoutMs);
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(wakeFd_, &count, sizeof(count));
}

void LogWriter::abandonBacklogs() {
  for (const std::shared_ptr<FileLog>& file : active_) {
    for (std::unique_ptr<LogBuffer>& buffer : file->backlog_) {
      loseRest(*file, *buffer, 0);
      recycle(std::move(buffer));
    }
    file->backlog_.clear();
  }
  active_.clear();
}

}  // namespace headgate::log
