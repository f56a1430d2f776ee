// Who talks to whom: addresses, endpoints, and the key of a connection.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace dcmwatch {

/// An IPv4 or IPv6 address. IPv4 is kept in its mapped form (::ffff:a.b.c.d, RFC 4291 2.5.5.2).
class IpAddress {
 public:
  constexpr IpAddress() = default;
  static IpAddress v4(ByteView four_bytes);
  static IpAddress v6(ByteView sixteen_bytes);
  static std::optional<IpAddress> parse(std::string_view text);

  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  /// Both halves, in this machine's byte order.
  [[nodiscard]] std::array<std::uint64_t, 2> words() const {
    return std::bit_cast<std::array<std::uint64_t, 2>>(bytes_);
  }

  friend bool operator==(const IpAddress& one, const IpAddress& other) {
    const auto [high, low] = one.words();
    const auto [other_high, other_low] = other.words();
    return high == other_high && low == other_low;
  }
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address block, "10.20.0.0/16" or "fd00::/8" or a lone address.
class Network {
 public:
  /// nothing if the text is no block, or has bits set beyond its prefix.
  static std::optional<Network> parse(std::string_view text);
  /// The block of `prefix_bits` (of the mapped form) that the address is in.
  static Network around(const IpAddress& address, unsigned prefix_bits);
  [[nodiscard]] bool contains(const IpAddress& address) const;
  /// Bits of the mapped form: a /24 of IPv4 is 120.
  [[nodiscard]] unsigned prefix_bits() const { return prefix_bits_; }
  [[nodiscard]] const IpAddress& base() const { return base_; }
  [[nodiscard]] bool overlaps(const Network& other) const;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  IpAddress base_;
  unsigned prefix_bits_ = 128;
};

// Written as two words, since it is soon read as two: a load of what several stores wrote would wait for them.
inline IpAddress IpAddress::v4(ByteView four_bytes) {
  std::uint32_t address = 0;
  std::memcpy(&address, four_bytes.data(), sizeof address);
  constexpr bool kLittle = std::endian::native == std::endian::little;
  const std::uint64_t mapped =
      kLittle ? std::uint64_t{address} << 32 | 0xffff0000U : std::uint64_t{address} | 0xffff00000000U;
  IpAddress mapped_address;
  mapped_address.bytes_ = std::bit_cast<std::array<std::uint8_t, 16>>(std::array<std::uint64_t, 2>{0, mapped});
  return mapped_address;
}

inline IpAddress IpAddress::v6(ByteView sixteen_bytes) {
  IpAddress address;
  std::memcpy(address.bytes_.data(), sixteen_bytes.data(), address.bytes_.size());
  return address;
}

using MacAddress = std::array<std::uint8_t, 6>;

inline constexpr std::size_t kLongestIpText = 39;  ///< eight groups of four digits (RFC 5952)
inline constexpr std::size_t kMacCharacters = 17;

/// Each writes at `at` and returns where it ended.
char* put_text(char* at, const IpAddress& address);
char* put_text(char* at, const MacAddress& address);
void append_text(std::string& out, const IpAddress& address);
void append_text(std::string& out, const MacAddress& address);
std::string to_text(const IpAddress& address);
std::string to_text(const MacAddress& address);
std::string to_text(const Network& network);

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// "10.0.0.1:104", "[fd00::1]:104"
std::string to_text(const Endpoint& endpoint);

/// IP protocol numbers that dcmwatch follows (IANA).
enum class Transport : std::uint8_t { tcp = 6, udp = 17 };

/// A connection within one observation domain, the same key for both directions: `low` < `high`.
/// VLAN and tunnel ids are facts about a connection, not part of its key.
struct ConnectionKey {
  Endpoint low;
  Endpoint high;
  std::uint16_t domain = 0;
  Transport transport = Transport::tcp;

  static ConnectionKey between(const Endpoint& one, const Endpoint& other, Transport transport, std::uint16_t domain) {
    return one < other ? ConnectionKey{one, other, domain, transport} : ConnectionKey{other, one, domain, transport};
  }

  friend bool operator==(const ConnectionKey&, const ConnectionKey&) = default;
};

/// A product of 128 bits folded onto itself (as in wyhash): each of its bits depends on most of the factors'.
inline std::uint64_t folded_product(std::uint64_t factor, std::uint64_t other_factor) {
  __extension__ using Product = unsigned __int128;
  const auto product = static_cast<Product>(factor) * other_factor;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// The same both ways and in every run: it decides the partition, and so the results. Costs a few nanoseconds.
inline std::uint64_t hash_of(const Endpoint& one, const Endpoint& other, Transport transport, std::uint16_t domain) {
  // The ends beside each other; odd constants of no meaning.
  const auto of_end = [](const Endpoint& end) {
    const auto [high, low] = end.address.words();
    return folded_product(high ^ 0xa0761d6478bd642fU, (low + end.port * 0x9e3779b97f4a7c15U) ^ 0xe7037ed1a0b428dbU);
  };
  const std::uint64_t both = of_end(one) + of_end(other);
  const std::uint64_t among = std::uint64_t{domain} << 8 | static_cast<std::uint8_t>(transport);
  return folded_product(both ^ 0x8ebc6af09c88c6e3U, among ^ 0x589965cc75374cc3U);
}

inline std::uint64_t hash_of(const ConnectionKey& key) { return hash_of(key.low, key.high, key.transport, key.domain); }

/// The number of partitions is fixed: limits, eviction and timers belong to one, so shards never change a result.
inline constexpr unsigned kPartitions = 64;
inline unsigned partition_of(std::uint64_t hash) { return static_cast<unsigned>(hash >> 58); }

/// VLAN ids of a frame, outermost first; 0 where there is none.
struct VlanTags {
  std::uint16_t outer = 0;
  std::uint16_t inner = 0;

  friend bool operator==(const VlanTags&, const VlanTags&) = default;
};

/// The two ends of a connection. `source` opened it, if `opener_known`; otherwise the orientation is a guess.
struct Parties {
  Endpoint source;
  Endpoint destination;
  MacAddress source_mac{};
  MacAddress destination_mac{};
  VlanTags vlan;
  Transport transport = Transport::tcp;
  bool opener_known = false;

  void reverse();

  friend bool operator==(const Parties&, const Parties&) = default;
};

/// For a record of several connections: what `one` and `other` do not share becomes zero in `one`. A port goes with its
/// address.
void keep_what_is_shared(Parties& one, const Parties& other);

/// Adds an address or a port to those that a record of several connections lists, each once and in order. Of more than
/// `most` the lowest are kept, whichever came first: so parts that were counted apart add up to the same list in any
/// order. Whether all of them had room.
template <typename Value>
bool list_lowest(std::vector<Value>& listed, const Value& value, std::size_t most) {
  const auto place = std::ranges::lower_bound(listed, value);
  if (place != listed.end() && *place == value) return true;
  if (place == listed.end() && listed.size() >= most) return false;
  listed.insert(place, value);
  if (listed.size() <= most) return true;
  listed.pop_back();
  return false;
}

}  // namespace dcmwatch
