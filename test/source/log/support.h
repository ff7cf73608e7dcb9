#pragma once
// What the tests of the log share: a directory of files and pipes, a clock to set, and events caught instead of logged.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "source/log/log_writer.h"
#include "test/support/fake_clock.h"

namespace headgate::log {

/// Long enough for any machine; a test that waits this long has failed.
inline constexpr base::Duration kPatience = std::chrono::seconds(30);

/// Waits until `condition()` holds; false when that takes too long.
template <typename Condition>
[[nodiscard]] bool eventually(Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "headgate-log-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempDirectory() { std::filesystem::remove_all(path_); }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  [[nodiscard]] std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

inline std::string contentsOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

inline std::vector<std::string> linesOf(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// A named pipe with its reading end, which reads only when it is told to.
class Pipe {
 public:
  explicit Pipe(std::string path) : path_(std::move(path)) {
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    EXPECT_GE(reader_, 0);
  }
  ~Pipe() { closeReader(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  /// What is in the pipe now.
  std::string read() {
    std::string all;
    char bytes[4096];
    for (ssize_t got = 0; (got = ::read(reader_, bytes, sizeof(bytes))) > 0;) {
      all.append(bytes, static_cast<size_t>(got));
    }
    return all;
  }
  void closeReader() {
    if (reader_ >= 0) ::close(reader_);
    reader_ = -1;
  }

 private:
  std::string path_;
  int reader_ = -1;
};

using test::FakeClock;

/// Keeps the lines that a LogWriter would give to glog.
class Caught {
 public:
  LogWriter::Sink sink() {
    return [this](Severity severity, std::string_view line) {
      const std::scoped_lock lock(mutex_);
      lines_.emplace_back(severity, line);
    };
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> texts;
    for (const auto& line : lines_) texts.push_back(line.second);
    return texts;
  }
  [[nodiscard]] std::vector<Severity> severities() const {
    const std::scoped_lock lock(mutex_);
    std::vector<Severity> all;
    for (const auto& line : lines_) all.push_back(line.first);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<Severity, std::string>> lines_;
};

}  // namespace headgate::log
