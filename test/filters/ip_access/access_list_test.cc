#include "filters/ip_access/access_list.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace headgate::filters::ip_access {
namespace {

net::IpAddress ip(const std::string& text) { return net::IpAddress::parse(text, 0).value(); }
std::vector<Block> blocks(std::initializer_list<const char*> texts) {
  std::vector<Block> result;
  for (const char* text : texts) result.push_back(Block::parse(text).value());
  return result;
}

TEST(AccessList, LetsTheSmallestBlockDecide) {
  const AccessList list =
      AccessList::build(blocks({"10.0.0.0/8", "10.66.7.0/24"}), blocks({"10.66.0.0/16", "10.66.7.9"}), false);
  EXPECT_TRUE(list.allows(ip("10.0.0.0")));
  EXPECT_TRUE(list.allows(ip("10.255.255.255")));
  EXPECT_FALSE(list.allows(ip("10.66.0.0")));
  EXPECT_FALSE(list.allows(ip("10.66.255.255")));
  EXPECT_TRUE(list.allows(ip("10.67.0.0")));
  EXPECT_TRUE(list.allows(ip("10.66.7.8")));
  EXPECT_FALSE(list.allows(ip("10.66.7.9")));
  EXPECT_TRUE(list.allows(ip("10.66.7.10")));
  EXPECT_FALSE(list.allows(ip("9.255.255.255")));
  EXPECT_FALSE(list.allows(ip("11.0.0.0")));
}

TEST(AccessList, KeepsIPv4AndIPv6Apart) {
  const AccessList list = AccessList::build(blocks({"2001:db8::/32", "::1"}), blocks({"0.0.0.0/0"}), true);
  EXPECT_FALSE(list.allows(ip("127.0.0.1")));
  EXPECT_TRUE(list.allows(ip("::1")));
  EXPECT_TRUE(list.allows(ip("::2"))) << "0.0.0.0/0 is no more than IPv4";
  EXPECT_FALSE(AccessList::build(blocks({"::/0"}), {}, false).allows(net::IpAddress()));
  EXPECT_TRUE(AccessList::build(blocks({"::/0"}), {}, false).allows(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
}

TEST(AccessList, TakesAMappedAddressForTheIPv4AddressThatItIs) {
  const AccessList list = AccessList::build({}, blocks({"10.0.0.0/8"}), true);
  EXPECT_FALSE(list.allows(ip("::ffff:10.1.1.1")));
  EXPECT_TRUE(list.allows(ip("::ffff:11.1.1.1")));
}

TEST(AccessList, DeniesWhatIsBothAllowedAndDenied) {
  EXPECT_FALSE(AccessList::build(blocks({"10.0.0.0/8"}), blocks({"10.0.0.0/8"}), true).allows(ip("10.1.1.1")));
}

TEST(AccessList, AgreesWithALookAtEveryBlock) {
  std::mt19937 random(9);
  for (int round = 0; round < 200; ++round) {
    std::vector<Block> lists[2];
    std::vector<std::pair<Block, bool>> all;
    for (int i = 0; i < 30; ++i) {
      const unsigned bits = random() % 33;
      const uint32_t address = bits == 0 ? 0 : (random() & 0x0F0F00FF) & (~uint32_t{0} << (32 - bits));
      const std::string text = std::to_string(address >> 24) + '.' + std::to_string(address >> 16 & 255) + '.' +
                               std::to_string(address >> 8 & 255) + '.' + std::to_string(address & 255);
      const Block block = Block::parse(text + '/' + std::to_string(bits)).value();
      const bool allowed = random() % 2 == 0;
      lists[allowed ? 0 : 1].push_back(block);
      all.emplace_back(block, allowed);
    }
    const bool otherwise = random() % 2 == 0;
    const AccessList list = AccessList::build(lists[0], lists[1], otherwise);
    for (int i = 0; i < 200; ++i) {
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(random() & 0x0F0F00FF);
      const net::IpAddress asked(static_cast<const sockaddr*>(static_cast<const void*>(&address)));
      const AddressKey key = keyOf(asked);
      bool expected = otherwise;
      int best = -1;
      for (const auto& [block, allowed] : all) {
        if (key < block.first || block.last() < key) continue;
        const auto bits = static_cast<int>(block.bits);
        if (bits > best || (bits == best && !allowed)) expected = allowed;
        best = std::max(best, bits);
      }
      ASSERT_EQ(list.allows(asked), expected) << asked.host();
    }
  }
}

TEST(Block, RefusesWhatIsNone) {
  for (const char* text : {"", "10", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "2001:db8::1/32", "::/129", "a.example",
                           "10.0.0.0/8/8", "10.0.0.0/-1", "[::1]", "10.0.0.0 /8", "::1%lo"}) {
    EXPECT_FALSE(Block::parse(text)) << text;
  }
}

}  // namespace
}  // namespace headgate::filters::ip_access
