#pragma once
// Lines on their way from a worker to a file.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace headgate::log {

class FileLog;

/// The longest line that an Appender takes, newline included.
inline constexpr size_t kMaxLineBytes = 32 * 1024;
/// A buffer with this much in it is handed over at once.
inline constexpr size_t kHandOverBytes = 64 * 1024;

/// A block of whole lines of one file. One line more than kHandOverBytes fits, so that a line never has to be split.
/// Belongs to one thread at a time: an Appender, the writer's queue, the writer, its stock of free ones.
struct LogBuffer {
  static constexpr size_t kCapacity = kHandOverBytes + kMaxLineBytes;

  std::shared_ptr<FileLog> file;  ///< set while it is queued: keeps the file open until the lines are in it
  uint32_t size = 0;
  uint32_t lines = 0;
  uint32_t written = 0;  ///< the writer's progress
  std::array<char, kCapacity> bytes;
};

}  // namespace headgate::log
