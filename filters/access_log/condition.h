#pragma once
// Which exchanges are logged.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "api/stream_info.h"
#include "source/config/object.h"
#include "source/http/header_name.h"

namespace headgate::filters::access_log {

/// The random numbers of one worker (SplitMix64): for samples, where nobody gains by guessing.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  /// 0 to 999'999.
  uint32_t millionth() {
    state_ += 0x9E3779B97F4A7C15;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return static_cast<uint32_t>((mixed ^ (mixed >> 31)) % 1'000'000);
  }

 private:
  uint64_t state_;
};

/// A tree of tests, `{"status": {"min": 500}, "sample": 10}`: all the keys of an object must hold. Without any key
/// everything is logged. Immutable after reading; shared by workers.
class Condition {
 public:
  /// Adds mistakes to the object's errors, and finishes it. Main thread.
  [[nodiscard]] static Condition read(config::Object object);

  [[nodiscard]] bool holds(const api::StreamInfo& info, Random& random) const;

 private:
  enum class Kind : uint8_t { All, Any, Not, Status, Duration, Flags, Details, Header, Sample };

  explicit Condition(Kind kind) : kind_(kind) {}
  void readRanges(config::Object& object);
  void readFlags(config::Object& object);
  void readHeader(config::Object& object);
  void readOthers(config::Object& object);
  void readNested(config::Object& object);
  [[nodiscard]] bool headerHolds(const http::MessageHead* head) const;

  Kind kind_ = Kind::All;
  std::vector<Condition> children_;  ///< of All, Any, Not
  uint64_t min_ = 0;                 ///< of Status and Duration (nanoseconds)
  uint64_t max_ = 0;
  uint32_t flags_ = 0;       ///< any of them; 0: any flag at all
  uint32_t millionths_ = 0;  ///< of Sample
  std::string name_;         ///< of Header, lower-case; of Details, the token
  std::string value_;        ///< of Header: exact
  bool anyValue_ = false;    ///< of Header: it is there
  bool response_ = false;    ///< of Header: the response's
};

}  // namespace headgate::filters::access_log
