#include "source/log/file_log.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "source/event/loop.h"
#include "source/log/log_writer.h"

namespace headgate::log {

FileLog::Appender::Appender(std::shared_ptr<FileLog> file, event::Loop& loop, stats::Shard& stats)
    : file_(std::move(file)),
      buffer_(std::make_unique_for_overwrite<LogBuffer>()),
      timer_(loop.timers(), this, event::timerCallback<&Appender::onDelayOver>),
      lines_(stats.counter("log.lines")),
      linesDropped_(stats.counter("log.lines_dropped")) {}

void FileLog::Appender::commit(size_t bytes) {
  assert(bytes > 0 && bytes <= kMaxLineBytes);
  if (buffer_->size == 0) timer_.after(kMaxDelay);
  buffer_->size += static_cast<uint32_t>(bytes);
  ++buffer_->lines;
  if (buffer_->size >= kHandOverBytes) flush();
}

void FileLog::Appender::append(std::string_view line) {
  line = line.substr(0, kMaxLineBytes - 1);
  char* to = reserve();
  std::memcpy(to, line.data(), line.size());
  to[line.size()] = '\n';
  commit(line.size() + 1);
}

void FileLog::Appender::flush() {
  timer_.cancel();
  if (buffer_->size == 0) return;
  const uint32_t lines = buffer_->lines;
  const bool taken = file_->writer_.handOver(buffer_, file_);
  (taken ? lines_ : linesDropped_).add(lines);
}

}  // namespace headgate::log
