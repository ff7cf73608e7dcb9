#include "filters/ip_access/access_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "source/base/strings.h"

namespace headgate::filters::ip_access {
namespace {

constexpr uint64_t kMappedPrefix = 0xFFFF00000000;  // ::ffff:0:0
constexpr uint32_t kMappedBits = 96;

tl::unexpected<base::Error> refuse(std::string message) {
  return base::fail(base::ErrorCode::Config, base::ErrorSource::Config, std::move(message));
}

uint64_t bigEndian(const unsigned char* bytes) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

// The bits behind the first `bits` of 64.
uint64_t hostMask(uint32_t bits) { return bits == 0 ? ~uint64_t{0} : bits >= 64 ? 0 : ~uint64_t{0} >> bits; }

AddressKey hostBits(uint32_t bits) { return {hostMask(bits), bits <= 64 ? ~uint64_t{0} : hostMask(bits - 64)}; }

// The key after `key`; nothing after the last one.
std::optional<AddressKey> next(AddressKey key) {
  if (++key.low == 0 && ++key.high == 0) return std::nullopt;
  return key;
}

struct Rule {
  Block block;
  bool allowed;
};

}  // namespace

AddressKey keyOf(const net::IpAddress& address) {
  if (address.family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address.sockaddrPtr(), sizeof(v4));
    return {0, kMappedPrefix | ntohl(v4.sin_addr.s_addr)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, address.sockaddrPtr(), sizeof(v6));
  return {bigEndian(v6.sin6_addr.s6_addr), bigEndian(v6.sin6_addr.s6_addr + 8)};
}

base::Result<Block> Block::parse(std::string_view text) {
  constexpr std::string_view kForms = "an address or a block of them such as \"10.0.0.0/8\" or \"2001:db8::/32\"";
  const size_t slash = text.find('/');
  const base::Result<net::IpAddress> address = net::IpAddress::parse(text.substr(0, slash), 0);
  if (!address || text.starts_with('[')) return refuse(std::string(kForms));
  const uint32_t before = address->family() == AF_INET ? kMappedBits : 0;
  Block block{keyOf(*address), 128};
  if (slash != std::string_view::npos) {
    const std::optional<uint64_t> bits = base::parseDecimal(text.substr(slash + 1));
    if (!bits || *bits > 128 - before) {
      return refuse(fmt::format("a number of bits from 0 to {} after the slash", 128 - before));
    }
    block.bits = static_cast<uint32_t>(*bits) + before;
  }
  const AddressKey host = hostBits(block.bits);
  if ((block.first.high & host.high) != 0 || (block.first.low & host.low) != 0) {
    return refuse("an address whose bits behind the slash's number are 0 (\"10.0.0.0/8\", not \"10.0.0.1/8\")");
  }
  return block;
}

AddressKey Block::last() const {
  const AddressKey host = hostBits(bits);
  return {first.high | host.high, first.low | host.low};
}

AccessList AccessList::build(const std::vector<Block>& allow, const std::vector<Block>& deny, bool otherwise) {
  std::vector<Rule> rules;
  for (const Block& block : allow) rules.push_back({block, true});
  for (const Block& block : deny) rules.push_back({block, false});
  // Blocks lie within one another or apart: opened in this order, the innermost that is open decides.
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
    if (a.block.first != b.block.first) return a.block.first < b.block.first;
    return a.block.bits != b.block.bits ? a.block.bits < b.block.bits : a.allowed > b.allowed;
  });

  AccessList list;
  list.otherwise_ = otherwise;
  const auto begin = [&](AddressKey first, bool allowed) {
    if (!list.ranges_.empty() && list.ranges_.back().first == first) list.ranges_.pop_back();
    if (list.ranges_.empty() || list.ranges_.back().allowed != allowed) list.ranges_.push_back({first, allowed});
  };
  begin({}, otherwise);
  std::vector<Rule> open;
  const auto close = [&] {
    const std::optional<AddressKey> after = next(open.back().block.last());
    open.pop_back();
    if (after) begin(*after, open.empty() ? otherwise : open.back().allowed);
  };
  for (const Rule& rule : rules) {
    while (!open.empty() && open.back().block.last() < rule.block.first) close();
    open.push_back(rule);
    begin(rule.block.first, rule.allowed);
  }
  while (!open.empty()) close();
  return list;
}

bool AccessList::allows(const net::IpAddress& address) const {
  if (address.empty()) return otherwise_;
  const AddressKey key = keyOf(address);
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), key,
                       [](const AddressKey& wanted, const Range& range) { return wanted < range.first; });
  return std::prev(after)->allowed;
}

}  // namespace headgate::filters::ip_access
