// Longest-prefix lookup of addresses: one hash probe for each prefix length in use.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/endpoint.h"

namespace dcmwatch {

class AddressTable {
 public:
  struct Found {
    std::uint32_t value = 0;
    unsigned prefix_bits = 0;  ///< of the mapped form, as Network has them
  };

  /// Of two equal networks the first stays.
  void add(const Network& network, std::uint32_t value);
  /// The value of the longest network that contains the address. An IPv6 network never contains an IPv4 address.
  [[nodiscard]] std::optional<Found> find(const IpAddress& address) const;

 private:
  struct Prefix {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    unsigned bits = 0;

    friend bool operator==(const Prefix&, const Prefix&) = default;
  };
  struct Hash {
    std::size_t operator()(const Prefix& prefix) const;
  };
  static Prefix cut(const IpAddress& address, unsigned bits);

  std::unordered_map<Prefix, std::uint32_t, Hash> values_;
  std::vector<unsigned> lengths_;  // longest first
};

}  // namespace dcmwatch
