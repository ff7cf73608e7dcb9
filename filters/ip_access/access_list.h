#pragma once
// Which addresses are allowed: blocks of them (CIDR), of which the smallest that holds an address decides.

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "source/base/error.h"
#include "source/net/address.h"

namespace headgate::filters::ip_access {

/// An address as a number of 128 bits. IPv4 is in ::ffff:0:0/96, so that an IPv4 client of an IPv6 socket is the same.
struct AddressKey {
  uint64_t high = 0;
  uint64_t low = 0;
  friend auto operator<=>(const AddressKey&, const AddressKey&) = default;
};
[[nodiscard]] AddressKey keyOf(const net::IpAddress& address);

/// All addresses that begin with the same bits.
struct Block {
  AddressKey first;
  uint32_t bits = 0;  ///< of the key that are given, 0 to 128

  /// "10.0.0.0/8", "2001:db8::/32", or a single address. Bits behind the given ones must be 0: "10.0.0.1/8" is more
  /// likely a mistake than a wish. The error's message says what was expected.
  [[nodiscard]] static base::Result<Block> parse(std::string_view text);
  [[nodiscard]] AddressKey last() const;
};

/// Blocks made into a sorted list of ranges that do not overlap: a look-up is a binary search, whatever their number.
/// Immutable after `build`; shared by the workers.
class AccessList {
 public:
  /// The smallest block that holds an address decides; of equal ones `deny`. No block holds it: `otherwise`.
  static AccessList build(const std::vector<Block>& allow, const std::vector<Block>& deny, bool otherwise);

  [[nodiscard]] bool allows(const net::IpAddress& address) const;
  /// For a client without an address: one that came by a Unix socket.
  [[nodiscard]] bool otherwise() const { return otherwise_; }

 private:
  struct Range {
    AddressKey first;  ///< up to the next range's
    bool allowed;
  };
  std::vector<Range> ranges_;
  bool otherwise_ = true;
};

}  // namespace headgate::filters::ip_access
