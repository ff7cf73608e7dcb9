#pragma once
// A folder under /tmp that goes with the test.

#include <cstdlib>
#include <filesystem>
#include <string>

namespace headgate::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char pattern[] = "/tmp/headgate-test-XXXXXX";
    if (::mkdtemp(pattern) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace headgate::test
