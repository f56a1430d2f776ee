#include "model/address_table.h"

#include <gtest/gtest.h>

namespace dcmwatch {
namespace {

AddressTable table_of(const std::vector<std::string>& networks) {
  AddressTable table;
  for (std::uint32_t i = 0; i < networks.size(); ++i) table.add(Network::parse(networks[i]).value(), i);
  return table;
}

std::optional<std::uint32_t> find(const AddressTable& table, std::string_view address) {
  const auto found = table.find(IpAddress::parse(address).value());
  return found ? std::optional{found->value} : std::nullopt;
}

TEST(AddressTable, FindsTheLongestNetwork) {
  const auto table =
      table_of({"0.0.0.0/0", "10.0.0.0/8", "10.20.0.0/16", "10.20.30.40", "fd00::/8", "fd00:20::10:0/112"});
  const std::vector<std::pair<std::string_view, std::uint32_t>> expected{{"192.0.2.1", 0},     {"10.1.2.3", 1},
                                                                         {"10.20.30.41", 2},   {"10.20.30.40", 3},
                                                                         {"fd00:20::20:1", 4}, {"fd00:20::10:ffff", 5}};
  for (const auto& [address, value] : expected) EXPECT_EQ(find(table, address), value) << address;
  EXPECT_FALSE(find(table, "2001:db8::1"));
}

TEST(AddressTable, EveryIpv6NetworkIsNoIpv4Network) {
  const auto table = table_of({"::/0"});
  EXPECT_TRUE(find(table, "2001:db8::1"));
  EXPECT_FALSE(find(table, "10.1.2.3"));
}

TEST(AddressTable, OddPrefixesCutWithinBytes) {
  const auto table = table_of({"10.20.30.64/27", "10.20.30.96/31"});
  EXPECT_EQ(find(table, "10.20.30.64"), 0U);
  EXPECT_EQ(find(table, "10.20.30.95"), 0U);
  EXPECT_EQ(find(table, "10.20.30.97"), 1U);
  EXPECT_FALSE(find(table, "10.20.30.98"));
  EXPECT_FALSE(find(table, "10.20.30.63"));
}

TEST(AddressTable, OfTwoEqualNetworksTheFirstStays) {
  const auto table = table_of({"10.0.0.1", "10.0.0.1"});
  EXPECT_EQ(find(table, "10.0.0.1"), 0U);
}

}  // namespace
}  // namespace dcmwatch
