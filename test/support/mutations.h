#pragma once
// Deterministic small changes to HTTP/1 messages.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace headgate::test {

/// The committed seeds of a fuzzer, in the order of their names.
inline std::vector<std::string> corpus(const std::string& name) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(HEADGATE_SOURCE_DIR "/test/fuzz/corpus/" + name))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> result;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    result.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return result;
}

/// One to three small changes, mostly of what matters to framing.
inline std::string mutate(std::string bytes, std::mt19937& random) {
  static constexpr std::array<std::string_view, 24> kPieces{"\r\n",
                                                            "\r",
                                                            "\n",
                                                            " ",
                                                            "\t",
                                                            ":",
                                                            ",",
                                                            ";",
                                                            "\"",
                                                            "0",
                                                            "5",
                                                            "chunked",
                                                            "Transfer-Encoding: chunked\r\n",
                                                            "Content-Length: 5\r\n",
                                                            "Connection: close\r\n",
                                                            "Host: b\r\n",
                                                            "\x01",
                                                            "\x7F",
                                                            "\x80",
                                                            "/",
                                                            "%2e",
                                                            "HTTP/1.0",
                                                            "Upgrade: x\r\n",
                                                            "="};
  const auto below = [&](size_t bound) { return bound == 0 ? 0 : random() % bound; };
  for (size_t changes = 1 + below(3); changes > 0; --changes) {
    const size_t at = below(bytes.size() + 1);
    switch (below(4)) {
      case 0: bytes.insert(at, kPieces[below(kPieces.size())]); break;
      case 1: bytes.erase(at, 1 + below(4)); break;
      case 2:
        if (at < bytes.size()) bytes[at] = static_cast<char>(below(256));
        break;
      default: bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(30))); break;
    }
  }
  return bytes;
}

}  // namespace headgate::test
