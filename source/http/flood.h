#pragma once
// The ways in which a peer of HTTP/2 can cost more than it pays, by name.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headgate::http {

enum class Flood : uint8_t {
  Reset,         ///< streams begun and cancelled (CVE-2023-44487)
  Malformed,     ///< streams that we have to reset
  Ping,          ///< CVE-2019-9512
  Settings,      ///< CVE-2019-9515
  Empty,         ///< frames that carry nothing (CVE-2019-9518)
  Priority,      ///< CVE-2019-9513
  WindowUpdate,  ///< more of them than the data that we sent explains
  TinyWindow,    ///< windows that let out a few bytes a frame (CVE-2019-9511)
  Unknown,       ///< frames of unknown types
  Header,        ///< a header block without end or that unfolds beyond all bounds (CVE-2024-28182, HPACK bombs)
  Control,       ///< answers that the peer does not read (CVE-2019-9514)
  Memory,        ///< the connection holds more than its bound
};
inline constexpr size_t kFloodKinds = 12;

/// The word of stats and events, such as "reset".
[[nodiscard]] constexpr std::string_view text(Flood kind) {
  constexpr std::array<std::string_view, kFloodKinds> kNames{"reset",   "malformed", "ping",          "settings",
                                                             "empty",   "priority",  "window_update", "tiny_window",
                                                             "unknown", "header",    "control",       "memory"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace headgate::http
