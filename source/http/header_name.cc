#include "source/http/header_name.h"

#include <array>

namespace headgate::http {
namespace {

struct Row {
  std::string_view text;
  uint8_t facts;
};

// In the order of the enum.
constexpr std::array<Row, 26> kRows{{
    {"", 0},
    {"accept-encoding", 0},
    {"connection", kHopByHop | kNotInTrailers},
    {"content-encoding", kNotInTrailers},
    {"content-length", kFraming | kNotInTrailers},
    {"content-type", kSingleton | kNotInTrailers},
    {"date", 0},
    {"expect", kHopByHop | kNotInTrailers},
    {"host", kFraming | kSingleton | kNotInTrailers},
    {"keep-alive", kHopByHop | kNotInTrailers},
    {"proxy-authenticate", kHopByHop | kNotInTrailers},
    {"proxy-authorization", kHopByHop | kNotInTrailers},
    {"proxy-connection", kHopByHop | kNotInTrailers},
    {"retry-after", 0},
    {"server", 0},
    {"te", kHopByHop | kNotInTrailers},
    {"trailer", kNotInTrailers},
    {"transfer-encoding", kHopByHop | kFraming | kNotInTrailers},
    {"upgrade", kHopByHop | kNotInTrailers},
    {"user-agent", 0},
    {"via", 0},
    {"x-client-id", 0},
    {"x-forwarded-for", 0},
    {"x-forwarded-host", 0},
    {"x-forwarded-proto", 0},
    {"x-request-id", 0},
}};

// Length and first and last letter tell the listed names apart well enough that each slot of this table holds at most
// one; the constexpr builder refuses to compile otherwise.
constexpr size_t kSlots = 512;
constexpr size_t slot(std::string_view name) {
  return (name.size() * 37 + static_cast<unsigned char>(name.front()) * 5 +
          static_cast<unsigned char>(name[name.size() / 2]) * 11 + static_cast<unsigned char>(name.back()) * 3) % kSlots;
}

constexpr std::array<uint8_t, kSlots> buildTable() {
  std::array<uint8_t, kSlots> table{};
  for (size_t i = 1; i < kRows.size(); ++i) {
    if (table[slot(kRows[i].text)] != 0) throw "two header names share a slot: change the multipliers";
    table[slot(kRows[i].text)] = static_cast<uint8_t>(i);
  }
  return table;
}
constexpr std::array<uint8_t, kSlots> kTable = buildTable();

}  // namespace

HeaderName headerName(std::string_view lowerName) {
  if (lowerName.empty()) return HeaderName::Other;
  const uint8_t index = kTable[slot(lowerName)];
  return index != 0 && kRows[index].text == lowerName ? static_cast<HeaderName>(index) : HeaderName::Other;
}

std::string_view text(HeaderName name) { return kRows[static_cast<size_t>(name)].text; }
uint8_t facts(HeaderName name) { return kRows[static_cast<size_t>(name)].facts; }

}  // namespace headgate::http
