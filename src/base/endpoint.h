// Who talks to whom: addresses, endpoints, and the key of a connection.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

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

  friend bool operator==(const IpAddress&, const IpAddress&) = default;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

/// An address block, "10.20.0.0/16" or "fd00::/8" or a lone address.
class Network {
 public:
  /// nothing if the text is no block, or has bits set beyond its prefix.
  static std::optional<Network> parse(std::string_view text);
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

using MacAddress = std::array<std::uint8_t, 6>;

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

/// Symmetric by construction, the same in every run: it decides the partition, and so the results.
std::uint64_t hash_of(const ConnectionKey& key);

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
};

}  // namespace dcmwatch
