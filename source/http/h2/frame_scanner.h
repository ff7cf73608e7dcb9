#pragma once
// Follows the frames of one direction of an HTTP/2 connection without decoding them: where they begin and end, of which
// kind they are.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace headgate::http::h2 {

/// RFC 9113 section 6.
enum class FrameType : uint8_t {
  Data = 0,
  Headers = 1,
  Priority = 2,
  RstStream = 3,
  Settings = 4,
  PushPromise = 5,
  Ping = 6,
  Goaway = 7,
  WindowUpdate = 8,
  Continuation = 9,
};
inline constexpr uint8_t kFlagEndStream = 1;
inline constexpr uint8_t kFlagEndHeaders = 4;

struct FrameHeader {
  uint32_t length = 0;
  uint8_t type = 0;
  uint8_t flags = 0;
};

/// Sees every frame header before nghttp2 does, so that floods are counted and cut before they cost more than their
/// bytes, and knows whether the bytes so far end within something that has to be completed in time. Holds nine bytes of
/// a split header. No I/O; any thread.
class FrameScanner {
 public:
  /// `skip`: bytes before the first frame (the preface of a client).
  explicit FrameScanner(uint32_t skip) : remaining_(skip), inPreface_(skip > 0) {}

  /// Calls `visit(const FrameHeader&)` for each frame header that is complete now; stops when it returns false.
  template <typename Visit>
  bool scan(std::string_view bytes, Visit&& visit) {
    while (!bytes.empty()) {
      if (remaining_ > 0) {
        const size_t skipped = std::min<size_t>(remaining_, bytes.size());
        remaining_ -= static_cast<uint32_t>(skipped);
        bytes.remove_prefix(skipped);
        if (remaining_ == 0) complete();
        continue;
      }
      const size_t taken = std::min(kHeaderBytes - have_, bytes.size());
      std::copy_n(bytes.data(), taken, header_.data() + have_);
      bytes.remove_prefix(taken);
      have_ += taken;
      if (have_ < kHeaderBytes) break;
      have_ = 0;
      if (!visit(static_cast<const FrameHeader&>(parse()))) return false;
      if (remaining_ == 0) complete();
    }
    return true;
  }

  /// The bytes so far end within a frame other than DATA, or within a header block.
  [[nodiscard]] bool partial() const {
    if (have_ > 0 || inPreface_ || inHeaderBlock_) return true;
    return remaining_ > 0 && current_.type != static_cast<uint8_t>(FrameType::Data);
  }

  /// Frames that have ended, header blocks counting as one.
  [[nodiscard]] uint64_t completed() const { return completed_; }

 private:
  static constexpr size_t kHeaderBytes = 9;

  void complete() {
    inPreface_ = false;
    if (!inHeaderBlock_) ++completed_;
  }

  FrameHeader& parse() {
    const auto byte = [this](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(header_[i])); };
    current_ = {byte(0) << 16 | byte(1) << 8 | byte(2), static_cast<uint8_t>(byte(3)), static_cast<uint8_t>(byte(4))};
    remaining_ = current_.length;
    const auto type = static_cast<FrameType>(current_.type);
    if (type == FrameType::Headers || type == FrameType::Continuation || type == FrameType::PushPromise) {
      inHeaderBlock_ = (current_.flags & kFlagEndHeaders) == 0;
    }
    return current_;
  }

  std::array<char, kHeaderBytes> header_{};
  FrameHeader current_;
  size_t have_ = 0;  ///< of header_
  uint64_t completed_ = 0;
  uint32_t remaining_;  ///< of the current frame's payload, or of the preface
  bool inPreface_;
  bool inHeaderBlock_ = false;
};

}  // namespace headgate::http::h2
